/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <inttypes.h>

#include "form_of.h"
#include "text.h"

static bool read_integer(int64_t *out, mp_str s)
{
    bool    is_negative = s.len > 1 && s.ptr[0] == '-';
    int64_t v = 0;
    size_t  i = is_negative;
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, is_negative ? -digit : digit, &v))
            return false;
    }
    *out = v;
    return true;
}

static mp_code check_value(const mp_http_request *request, const mp_param *param, mp_str value, mp_error *err)
{
    int64_t number = 0, max = param->max ? param->max : MP_STRING_BYTES;
    bool    is_number = param->type == MP_TYPE_INTEGER;
    bool    is_flag = param->type == MP_TYPE_BOOLEAN;
    if ((is_number && !read_integer(&number, value)) ||
        (is_flag && !mp_str_eq(value, MP_S("true")) && !mp_str_eq(value, MP_S("false"))) ||
        !mp_has_form(param->type, value))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is '%.*s'; wanted is %s", param->name, MP_FMT(value),
                       mp_type_words(param->type));
    if (is_number && (param->min || param->max) && (number < param->min || number > param->max))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%s' is %" PRId64 "; wanted is a number from %" PRId64 " to %" PRId64, param->name, number,
                       param->min, param->max);
    if (!is_number && ((int64_t)value.len < param->min || (int64_t)value.len > max))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' has %zu bytes; wanted are %" PRId64 " to %" PRId64,
                       param->name, value.len, param->min, max);
    if (!mp_is_among(param->values, value))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is '%.*s'; known are %.*s", param->name, MP_FMT(value),
                       MP_FMT(mp_values_text(param->values, request->arena)));
    return MP_OK;
}

/* A part of the path, by its name in braces. */
static bool is_in_path(const mp_route *route, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = strchr(route->path, '{'); p; p = strchr(p + 1, '{'))
        if (strncmp(p + 1, name, len) == 0 && (p[len + 1] == '}' || p[len + 1] == '.'))
            return true;
    return false;
}

static const mp_param *find_param(const mp_route *route, mp_str name)
{
    for (size_t i = 0; i < route->param_count; i++)
        if (mp_str_eq_fold(mp_str_from(route->params[i].name), name) && !is_in_path(route, route->params[i].name))
            return &route->params[i];
    return NULL;
}

static mp_code check_known(const mp_http_request *request, mp_str name, mp_error *err)
{
    const mp_route *route = request->route;
    mp_str          names[64];
    size_t          count = 0;
    if (route->is_open_query || find_param(route, name))
        return MP_OK;
    for (size_t i = 0; i < route->param_count && count < MP_COUNT(names); i++)
        names[count++] = mp_str_from(route->params[i].name);
    mp_str nearest = mp_text_nearest(name, names, count);
    if (nearest.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the query has '%.*s', which is not known here; did you mean '%.*s'?", MP_FMT(name),
                       MP_FMT(nearest));
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the query has '%.*s', which is not known here", MP_FMT(name));
}

/* Names in the path, of which the route says nothing more: the limit of any string. */
static mp_code check_path(const mp_http_request *request, mp_error *err)
{
    for (size_t i = 0; i < MP_PARAMS_MAX; i++)
        if (request->params[i].len > MP_STRING_BYTES)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a name in the path has %zu bytes; the most is %d",
                           request->params[i].len, MP_STRING_BYTES);
    return MP_OK;
}

mp_code mp_params_check(const mp_http_request *request, mp_error *err)
{
    const mp_route *route = request->route;
    MP_TRY(check_path(request, err));
    for (size_t i = 0; i < request->query_count; i++)
        MP_TRY(check_known(request, request->query[i].name, err));
    for (size_t i = 0; i < route->param_count; i++) {
        const mp_param *param = &route->params[i];
        mp_str          name = mp_str_from(param->name);
        if (is_in_path(route, param->name))
            MP_TRY(check_value(request, param, mp_http_param(request, param->name), err));
        else if (mp_http_has_query(request, name))
            MP_TRY(check_value(request, param, mp_http_query(request, name), err));
        else if (param->is_required)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the query lacks '%s'", param->name);
    }
    return MP_OK;
}
