/* SPDX-License-Identifier: Apache-2.0 */
#include "oscal_text.h"

#include "test.h"

const mp_json *oscal_json(mp_arena *arena, const char *text)
{
    mp_json_doc   *doc;
    const mp_json *root;
    mp_error       err = { .code = MP_OK };
    mp_str         copy = mp_arena_dup(arena, mp_str_from(text));
    for (char *c = (char *)(uintptr_t)copy.ptr; c && *c; c++)
        *c = *c == '\'' ? '"' : *c;
    CHECK_INT(mp_json_doc_new(&doc, &err), MP_OK);
    if (mp_json_read(doc, &root, copy, NULL, NULL, &err) != MP_OK)
        fail_msg("%s at %u:%u", err.message, err.pos.line, err.pos.col);
    root = mp_arena_dup_json(arena, root);
    mp_json_doc_free(doc);
    return root;
}

#define KO "'ns':'urn:mapae:oscal','class':'ko'"
const char oscal_small[] =
    "{'catalog':{'uuid':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01','metadata':{'title':'Small','version':'1','oscal-version':'1.1.2','last-modified':'2026-01-01T00:00:00Z',"
    "'props':[{'name':'title'," KO ",'value':'작은 것'}]},"
    "'groups':[{'id':'s-1','title':'First','props':[{'name':'label','value':'1'}],"
    "'groups':[{'id':'s-1.1','title':'Within','controls':["
    "{'id':'s-1.1.1','title':'Policy','props':[{'name':'label','value':'1.1.1'},{'name':'title'," KO ",'value':'정책'},{'name':'team','ns':'urn:mapae:oscal','value':'security'}],"
    "'params':[{'id':'p1','label':'how often'},{'id':'p2','values':['a','b']}],"
    "'parts':[{'name':'statement','prose':'Write it down {{ insert: param, p1 }}, {{insert:param,p2}} and {{ keep }}:','parts':["
    "{'name':'item','props':[{'name':'label','value':'a.'}],'prose':'first'},{'name':'item','prose':'second'}]},"
    "{'name':'statement'," KO ",'prose':'문서로 쓴다.'},{'name':'guidance','prose':'not this'}],"
    "'controls':[{'id':'s-1.1.1.1','title':'More of it'}]}]}]},"
    "{'id':'s-2','title':'Second','controls':[{'id':'s-2.1','title':'Gone','props':[{'name':'status','value':'withdrawn'}]}]}]}}";
