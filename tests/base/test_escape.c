/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "escape.h"

typedef struct sample {
    mp_str      text;
    const char *wanted;
} sample;

static void check_all(void (*escape)(mp_buf *, mp_str), const sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mp_buf out = MP_BUF_INIT;
        escape(&out, samples[i].text);
        CHECK_STR(mp_buf_str(&out), samples[i].wanted);
        mp_buf_free(&out);
    }
}

TEST(a_terminal_is_never_commanded)
{
    static const sample samples[] = {
        { MP_S_INIT("plain 한글"), "plain 한글" },
        { MP_S_INIT("a\033[31mred"), "a<U+001B>[31mred" },
        { MP_S_INIT("two\nlines\tand"), "two\\nlines\\tand" },
        { MP_S_INIT("nul\0x"), "nul<U+0000>x" },
        { MP_S_INIT("\xC2\x9B" "31m"), "<U+009B>31m" },
        { MP_S_INIT("a\xE2\x80\xAEgnp.exe"), "a<U+202E>gnp.exe" },
        { MP_S_INIT("bad \xFF byte"), "bad \xEF\xBF\xBD byte" },
        { MP_S_INIT("\xF3\xA0\x81\x81"), "<U+E0041>" },
        { MP_S_INIT("\xEF\xB7\x90 \xF4\x8F\xBF\xBF \xEF\xB7\xB0"), "<U+FDD0> <U+10FFFF> \xEF\xB7\xB0" }, /* no characters, and one */
        { MP_S_INIT("👩\xE2\x80\x8D💻"), "👩\xE2\x80\x8D💻" }, /* a joiner that belongs */
    };
    check_all(mp_escape_plain, samples, MP_COUNT(samples));
}

TEST(markup_stays_text)
{
    static const sample samples[] = {
        { MP_S_INIT("<script>alert('1')</script>"),
          "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" },
        { MP_S_INIT("a & \"b\""), "a &amp; &quot;b&quot;" },
        { MP_S_INIT("]]> -->"), "]]&gt; --&gt;" },
        { MP_S_INIT("\r\n\t"), "&#13;&#10;&#9;" },
        { MP_S_INIT("\x01\x0B"), "&lt;U+0001&gt;&lt;U+000B&gt;" },
        { MP_S_INIT("\xEF\xBF\xBF"), "&lt;U+FFFF&gt;" }, /* XML 1.0, 2.2: no Char */
        { MP_S_INIT("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" }, /* a surrogate */
    };
    check_all(mp_escape_xml, samples, MP_COUNT(samples));
}

TEST(a_spreadsheet_computes_nothing)
{
    static const sample samples[] = {
        { MP_S_INIT("plain"), "plain" },
        { MP_S_INIT(""), "" },
        { MP_S_INIT("a,b"), "\"a,b\"" },
        { MP_S_INIT("say \"x\""), "\"say \"\"x\"\"\"" },
        { MP_S_INIT("two\nlines"), "\"two\nlines\"" },
        { MP_S_INIT("=1+1"), "\"'=1+1\"" },
        { MP_S_INIT("+82"), "\"'+82\"" },
        { MP_S_INIT("-1"), "\"'-1\"" },
        { MP_S_INIT("@SUM(A1)"), "\"'@SUM(A1)\"" },
        { MP_S_INIT("  =1"), "\"'  =1\"" },
        { MP_S_INIT("\t=1"), "\"'\t=1\"" },
        { MP_S_INIT("\xEF\xBC\x9D" "1"), "\"'\xEF\xBC\x9D" "1\"" },
    };
    check_all(mp_escape_csv, samples, MP_COUNT(samples));
}

TEST(a_path_is_a_uri)
{
    static const struct {
        const char *path, *wanted;
    } cases[] = {
        { "content/demo.json", "content/demo.json" },
        { "/tmp/a b#c?.json", "file:///tmp/a%20b%23c%3F.json" },
        { "자산.json", "%EC%9E%90%EC%82%B0.json" },
        { "a:b", "a%3Ab" }, /* or it would be a scheme */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_escape_uri(&out, cases[i].path);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&out);
    }
}

int main(void)
{
    return MAIN(RUN(a_terminal_is_never_commanded), RUN(markup_stays_text),
                RUN(a_spreadsheet_computes_nothing), RUN(a_path_is_a_uri));
}
