/* SPDX-License-Identifier: Apache-2.0 */
/* bench_constant.c - libmicrohttpd with our certificate and nothing of ours: what the library alone can do.
 *
 * bench_constant CERT KEY THREADS: prints its port, answers 200 bytes to everything until its standard input ends. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state)
{
    static const char    body[200] = "{\"value\":1}";
    static int           seen;
    struct MHD_Response *response;
    (void)ctx, (void)url, (void)method, (void)version, (void)data;
    if (!*state) {
        *state = &seen;
        return MHD_YES;
    }
    *size = 0;
    response = MHD_create_response_from_buffer(sizeof body, (void *)(size_t)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 16);
    if (!file || !text || fread(text, 1, (1 << 16) - 1, file) == 0)
        exit(2);
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    char              *cert = read_file(argv[1]), *key = read_file(argv[2]);
    unsigned           threads = (unsigned)strtoul(argv[3], NULL, 10);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, answer, NULL, MHD_OPTION_HTTPS_MEM_CERT, cert,
        MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT, 12000u,
        MHD_OPTION_END);
    if (!daemon)
        return 2;
    printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0)
        ;
    MHD_stop_daemon(daemon);
    free(cert);
    free(key);
    return 0;
}
