/* SPDX-License-Identifier: Apache-2.0 */
#include "globals.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define JOBS_MAX 1024

enum { LANG_AUTO, LANG_EN, LANG_KO };
static const char *const langs[] = { "auto", "en", "ko", NULL };

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
static const char *const colors[] = { "auto", "always", "never", NULL };

const mp_option mp_global_options[] = {
    { .name = "lang", .choices = langs, .fallback = "auto", .help = "option.lang",
      MP_FIELD(mp_global_args, lang) },
    { .name = "color", .choices = colors, .fallback = "auto", .help = "option.color",
      MP_FIELD(mp_global_args, color) },
    { .name = "quiet", .letter = 'q', .help = "option.quiet", MP_FIELD(mp_global_args, quiet) },
    { .name = "jobs", .letter = 'j', .value = "N", .min = 1, .max = JOBS_MAX, .help = "option.jobs",
      MP_FIELD(mp_global_args, jobs) },
    { .name = "help", .letter = 'h', .help = "option.help", MP_FIELD(mp_global_args, help) },
    { .name = "version", .letter = 'V', .help = "option.version",
      MP_FIELD(mp_global_args, version) },
};
const size_t mp_global_option_count = MP_COUNT(mp_global_options);

/* ---- how to behave ---- */

/* The processors that this process may use: fewer than the machine has, in a container. */
static unsigned usable_processors(void)
{
    cpu_set_t set;
    int       count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (unsigned)count;
}

static unsigned terminal_columns(FILE *file)
{
    struct winsize size;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

/* NO_COLOR as no-color.org has it: set and not empty. */
static bool wants_color(int color, FILE *file)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return isatty(fileno(file)) && !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}

static mp_lang wanted_lang(int lang)
{
    return lang == LANG_KO ? MP_LANG_KO : lang == LANG_EN ? MP_LANG_EN : mp_lang_of_environment();
}

void mp_behave(mp_cli *cli, const mp_global_args *args)
{
    cli->lang = wanted_lang(args->lang);
    cli->out_color = wants_color(args->color, cli->out);
    cli->err_color = wants_color(args->color, cli->err);
    cli->is_quiet = args->quiet;
    cli->is_watched = !args->quiet && isatty(fileno(cli->err));
    cli->jobs = args->jobs ? (unsigned)args->jobs : usable_processors();
    cli->columns = terminal_columns(cli->out);
}
