/* SPDX-License-Identifier: Apache-2.0 */
/* The memory for assistants: MCP on standard input and output, a message a line. */
#include "cli/cli.h"

#include "serve/jsonrpc.h"
#include "serve/mcp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { REST_MS = 2000 }; /* without a question */

typedef struct lent {
    const kor_command *command;
    kor_session *session;
} lent;

/* The guard and the colony, opened when something is first stored. What is excluded is read anew
 * each time: this process may be older than the wish. */
static kor_status lend_writer(void *arg, const kor_guard **guard, const kor_colony **colony,
                              kor_error *err)
{
    const lent *l = arg;
    kor_session *s = l->session;
    if (!s->guard) {
        KOR_TRY(kor_session_open_colony(s, l->command, err));
    } else {
        char path[4200];
        kor_exclusions fresh = {0};
        (void)snprintf(path, sizeof path, "%s/%s", s->home, KOR_EXCLUDE_FILE);
        kor_status status = kor_exclusions_read(&fresh, path, err);
        if (status != KOR_OK) {
            kor_exclusions_free(&fresh);
            return status;
        }
        kor_exclusions_free(&s->guard->exclusions);
        s->guard->exclusions = fresh;
    }
    *guard = s->guard;
    *colony = s->colony;
    return KOR_OK;
}

/* ---- Messages ---- */

typedef struct pipe_end {
    kor_mcp *server;
    kor_memory *memory;
    kor_mcp_peer peer;
    kor_str line, reply;
    bool too_long; /* the rest of this line is thrown away */
} pipe_end;

/* False when nobody reads the answers any more. */
static bool end_line(pipe_end *p)
{
    const char *text = kor_str_text(&p->line);
    size_t len = p->line.len;
    bool blank = strspn(text, " \t\r") == len;
    kor_str_clear(&p->reply);
    if (blank && !p->too_long) return true;
    (void)kor_mcp_answer(p->server, &p->peer, text, len, &p->reply);
    kor_str_clear(&p->line);
    p->too_long = false;
    if (p->reply.failed) {
        static const char out_of_memory[] =
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,"
            "\"message\":\"out of memory\"}}";
        return puts(out_of_memory) >= 0 && fflush(stdout) == 0;
    }
    if (!p->reply.len) return true;
    kor_str_putc(&p->reply, '\n');
    return fwrite(p->reply.data, 1, p->reply.len, stdout) == p->reply.len && fflush(stdout) == 0;
}

/* One byte more than a message may have is kept, so that it is refused for its length. */
static void keep(pipe_end *p, const char *bytes, size_t len)
{
    size_t room = KOR_RPC_MESSAGE_MAX + 1 - p->line.len;
    if (len > room) {
        len = room;
        p->too_long = true;
    }
    kor_str_add(&p->line, bytes, len);
}

static bool take(pipe_end *p, const char *bytes, size_t len)
{
    while (len) {
        const char *end = memchr(bytes, '\n', len);
        size_t n = end ? (size_t)(end - bytes) : len;
        keep(p, bytes, n);
        if (!end) return true;
        if (!end_line(p)) return false;
        bytes += n + 1;
        len -= n + 1;
    }
    return true;
}

/* A client that asks nothing for a while costs little: many are open all day. One timer, and then
 * none until it asks again. */
static void wait_for_input(const pipe_end *p)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&in, 1, REST_MS) != 0) return;
    kor_memory_rest(p->memory);
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

/* Until standard input ends, or nobody reads. A message that the end cuts off is answered too: it
 * is whole, or is told that it is not. */
static int serve(const kor_command *command, kor_mcp *server, kor_memory *memory)
{
    static char buffer[65536];
    pipe_end p = {.server = server, .memory = memory};
    int code = EXIT_DONE;
    for (;;) {
        wait_for_input(&p);
        ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            kor_say(command, "cannot read standard input: %s", strerror(errno));
            code = EXIT_FAILED;
            break;
        }
        if (n == 0) {
            (void)end_line(&p);
            break;
        }
        if (!take(&p, buffer, (size_t)n)) break;
    }
    kor_str_free(&p.line);
    kor_str_free(&p.reply);
    return code;
}

static int run(int argc, char **argv)
{
    const char *scope = NULL, *now = NULL;
    bool log = false;
    const kor_option options[] = {
        {"--scope", "S", "a memory apart from your own", &scope, NULL},
        {"--now", "TIME", "read time words as if it were then", &now, NULL},
        {"--log", NULL, "say who asked what, and serve nothing", NULL, &log},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_mcp, options, 0, 0, argc, argv, &code)) return code;
    if (log) return kor_print_log(&a, 0);
    kor_session s;
    const kor_time_arg times[] = {{"--now", now, &s.now_ms, NULL}, {0}};
    if (!kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, times, &code)) return code;
    lent l = {a.command, &s};
    const kor_mcp_host host = {
        .memory = s.memory,
        .home = s.home,
        .zone = s.zone,
        .scope = scope,
        .through = "stdio",
        .now_ms = now ? s.now_ms : 0,
        .writer = lend_writer,
        .arg = &l,
    };
    kor_mcp *server;
    kor_error err;
    (void)signal(SIGPIPE, SIG_IGN); /* a client that went away is no failure */
    if (kor_mcp_new(&server, &host, &err) != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        code = serve(a.command, server, s.memory);
        kor_mcp_free(server);
    }
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_mcp = {
    .name = "mcp",
    .summary = "your memory for assistants, over MCP on stdio",
    .usage = "[--scope S] | --log",
    .details =
        "An assistant starts it and speaks the Model Context Protocol with it, a message a line; "
        "it ends\nwhen its input does. docs/assistants.md has the lines for Claude Code, Claude "
        "Desktop, Cursor\nand VS Code. What each of them asked, but not about what, is in "
        "access.log in the memory's\nfolder, and --log prints it.\n\n"
        "  claude mcp add korora -- korora mcp\n"
        "  korora mcp --log\n",
    .run = run,
};
