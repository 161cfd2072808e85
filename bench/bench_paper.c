/* SPDX-License-Identifier: Apache-2.0 */
/* bench_paper [VERDICTS] - an assessment report of so many verdicts (5,000) in each format: seconds of the processor,
 * bytes, and the most memory that the process ever had. No two verdicts have the same text or the same record.
 *
 * The baseline is what nobody gets below who prints by pango: each text of the rows set once, and nothing drawn. */
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "paper.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_control(mp_buf *out, int number, int parts)
{
    mp_buf_printf(out,
                  "{\"id\":\"c-%d\",\"label\":\"1.%d\",\"title\":{\"ko\":\"저장 데이터 암호화 "
                  "%d\",\"en\":\"Encryption %d\"},"
                  "\"group\":\"g\",\"state\":\"partial\",\"weight\":9,\"points\":4.5,\"most\":9,"
                  "\"checkedBy\":\"machine\",\"parts\":[",
                  number, number, number, number);
    for (int i = 0; i < parts; i++)
        mp_buf_printf(out,
                      "%s{\"kind\":\"policy\",\"state\":\"partly\",\"why\":\"someViolate\",\"points\":1,"
                      "\"most\":2,\"name\":"
                      "\"mapae-storage-https-only-%d\",\"text\":{\"ko\":\"저장소 계정은 안전한 연결(HTTPS)만 "
                      "받아야 하며 예외를 두지 않는다 (%d)\","
                      "\"en\":\"Storage accounts take secure connections only, without "
                      "exceptions (%d)\"},\"ids\":[\"run-2026-11-%06d\"]}",
                      i ? "," : "", i, number * 1000 + i, number * 1000 + i, number * 1000 + i);
    mp_buf_add(out, MP_S("]}"));
}

static void make_data(mp_buf *out, int verdicts)
{
    static const char states[] =
        "{\"compliant\":0,\"partial\":1,\"nonCompliant\":0,\"unknown\":0,\"notApplicable\":0}";
    mp_buf_printf(out,
                  "{\"framework\":\"f\",\"title\":{\"ko\":\"보안인증\",\"en\":\"Certification\"},\"scopes\":["
                  "\"/\"],\"asOf\":"
                  "\"2026-11-20T09:00:00Z\",\"score\":{\"percent\":50,\"points\":1,\"most\":2},\"count\":%d,"
                  "\"states\":%s,"
                  "\"sources\":{},\"coverage\":{\"text\":\"-\"},\"groups\":[{\"id\":\"g\",\"label\":\"1\","
                  "\"count\":1,\"points\":1,"
                  "\"most\":2,\"states\":%s}],\"actions\":[],\"controls\":[",
                  (verdicts + 49) / 50, states, states);
    for (int at = 0; at < verdicts; at += 50) {
        if (at)
            mp_buf_add_c(out, ',');
        add_control(out, at / 50 + 1, verdicts - at < 50 ? verdicts - at : 50);
    }
    mp_buf_add(out, MP_S("]}"));
}

static void set_text(PangoLayout *layout, int width, const char *text)
{
    PangoRectangle box;
    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_extents(layout, NULL, &box);
}

static void baseline(int verdicts)
{
    PangoFontMap *map = pango_cairo_font_map_new();
    PangoContext *context = pango_font_map_create_context(map);
    PangoFontDescription *font = pango_font_description_from_string("NanumGothic 8");
    PangoLayout *layout = pango_layout_new(context);
    char text[200];
    double began = seconds();
    pango_layout_set_font_description(layout, font);
    for (int i = 0; i < verdicts; i++) {
        snprintf(text, sizeof text, "저장소 계정은 안전한 연결(HTTPS)만 받아야 하며 예외를 두지 않는다 (%d)", i);
        set_text(layout, 180, text);
        snprintf(text, sizeof text, "mapae-storage-https-only-%d", i);
        set_text(layout, 120, text);
        snprintf(text, sizeof text, "R%d run-2026-11-%06d", i, i);
        set_text(layout, 110, text);
        set_text(layout, 110, text + 1); /* the record's name, and */
        set_text(layout, 400, text + 2); /* id, in the appendix */
    }
    printf("each text set once: %.2f s\n", seconds() - began);
    g_object_unref(layout);
    pango_font_description_free(font);
    g_object_unref(context);
    g_object_unref(map);
}

int main(int argc, char **argv)
{
    int verdicts = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5000;
    mp_buf text = MP_BUF_INIT;
    mp_json_doc *doc;
    const mp_json *data;
    mp_form *form;
    mp_error err = { .code = MP_OK };
    make_data(&text, verdicts);
    if (mp_json_doc_new(&doc, &err) != MP_OK ||
        mp_json_read(doc, &data, mp_buf_str(&text), NULL, NULL, &err) != MP_OK ||
        mp_form_open(&form, MP_S("assessment-report"), NULL, &err) != MP_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int format = 0; format < MP_PAPER_FORMAT_COUNT; format++) {
        mp_buf out = MP_BUF_INIT;
        struct rusage used;
        double began = seconds();
        if (mp_paper_render(&out, form, data, (mp_paper_format)format,
                            &(mp_paper_options){ .lang = MP_LANG_KO }, &err) != MP_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        getrusage(RUSAGE_SELF, &used);
        printf("%-4s %d verdicts: %.2f s, %.2f MB; memory %.0f MB\n",
               mp_paper_format_name((mp_paper_format)format), verdicts, seconds() - began,
               (double)out.len / 1e6, (double)used.ru_maxrss / 1024);
        mp_buf_free(&out);
    }
    baseline(verdicts);
    mp_form_free(form);
    mp_json_doc_free(doc);
    mp_buf_free(&text);
    return 0;
}
