/* cmd_open: gives a trace to the Perfetto UI, once.
 *
 * The UI runs in the browser at ui.perfetto.dev and may read from one local address alone, 127.0.0.1:9001. So this is a
 * web server for one GET of one file from that page: other methods, paths, hosts and origins are refused, a preflight
 * is answered and does not count, and it ends with the file. */
#include "cli.h"

#include "../traces/check.h"
#include "../traces/inflate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PORT = 9001,
    REQUEST_MOST = 16384,
    CHUNK = HOSTILE(1 << 16, 7),
    TEXT_MOST = 1 << 16,
    LISTENING_S = 1,
    SENDING_S = 60
};

/* So much memory at most goes into finding what to show. */
#define LOOKED_THROUGH (INT64_C(4) << 30)

#define PAGE "https://ui.perfetto.dev"
#define HOST "127.0.0.1:9001"

typedef struct Opened {
    Cli *cli;
    const char *path;
    const char *name; /* its last part, percent-encoded */
    int file, listener;
    off_t size;
} Opened;

/* ---- the address ---- */

static void put_encoded(Buf *buf, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c)) {
            buf_char(buf, (char)c);
            continue;
        }
        buf_char(buf, '%');
        buf_char(buf, hex[c >> 4]);
        buf_char(buf, hex[c & 15]);
    }
}

static const char *encoded_name(Mem *mem, const char *path)
{
    const char *slash = strrchr(path, '/');
    Buf *buf = mem_get(mem, sizeof *buf);
    buf_init(buf, mem, TEXT_MOST);
    put_encoded(buf, slash ? slash + 1 : path);
    return buf_string(buf);
}

/* What one looks at first. */
typedef struct Sight {
    bool found;
    Time from, to; /* the slowest request */
    Buf server;    /* its server's name, as a regular expression */
} Sight;

/* Letters and digits stand for themselves, all others for whatever there is. */
static void put_pattern(Buf *buf, PullText name)
{
    bool wild = false;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.bytes[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (plain)
            buf_char(buf, (char)c);
        else if (!wild)
            buf_text(buf, ".*");
        wild = !plain;
    }
}

static void find_sight(Mem *mem, const char *path, Sight *sight)
{
    const char *error;
    size_t size;
    PullText server = {"", 0};
    const char *bytes = input_read_most(mem, path, SIZE_MAX / 4, &size, &error);
    if (bytes && (bytes = inflated(mem, bytes, size, &size)) != NULL)
        sight->found = trace_find_slowest(mem, bytes, size, &sight->from, &sight->to, &server);
    if (sight->found)
        put_pattern(&sight->server, server);
}

/* Nothing is found in what is no trace of ours, or too large to be looked through. */
static Sight sight_of(Opened *opened)
{
    Sight *sight = mem_get(opened->cli->mem, sizeof *sight);
    MemTrap trap;
    Mem *mem = mem_new_in(opened->cli->mem, SIZE_MAX / 2 < LOOKED_THROUGH ? SIZE_MAX / 2 : (size_t)LOOKED_THROUGH);
    buf_init(&sight->server, opened->cli->mem, TEXT_MOST);
    if (mem && mem_try(mem, &trap)) {
        find_sight(mem, opened->path, sight);
        mem_end_try(mem, &trap);
    }
    mem_delete(mem);
    return *sight;
}

/* The counters pinned to the top, the loop and what is around it open, the slowest request in view. */
static const char *address(Mem *mem, const char *name, Sight *sight)
{
    Time margin = sight->found ? (sight->to - sight->from) / 4 + 1 : 0;
    Buf *buf = mem_get(mem, sizeof *buf), startup;
    buf_init(buf, mem, TEXT_MOST);
    buf_init(&startup, mem, TEXT_MOST);
    buf_text(buf, PAGE "/#!/?url=http://" HOST "/");
    buf_text(buf, name);
    if (sight->found) {
        buf_text(buf, "&visStart=");
        buf_i64(buf, sight->from > margin ? sight->from - margin : 0);
        buf_text(buf, "&visEnd=");
        buf_i64(buf, sight->to + margin);
    }
    buf_text(&startup, "[{\"id\":\"dev.perfetto.PinTracksByRegex\",\"args\":[\"^(requests in flight|ready "
                       "callbacks|run queue|pool queued|loop lag)\"]},"
                       "{\"id\":\"dev.perfetto.ExpandTracksByRegex\",\"args\":[\"^(loop");
    if (sight->found) {
        buf_char(&startup, '|');
        buf_bytes(&startup, sight->server.data, sight->server.size);
    }
    buf_text(&startup, ")( |$)\"]}]");
    buf_text(buf, "&startupCommands=");
    put_encoded(buf, buf_string(&startup));
    return buf_string(buf);
}

/* ---- one request ---- */

static bool send_all(int to, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_head(const Opened *opened, int to, const char *status, off_t size)
{
    Buf head;
    buf_init(&head, opened->cli->mem, TEXT_MOST);
    buf_f(&head,
          "HTTP/1.1 %s\r\nAccess-Control-Allow-Origin: " PAGE "\r\nCache-Control: no-cache\r\nConnection: close\r\n",
          status);
    buf_text(&head, "Access-Control-Allow-Methods: GET\r\nAccess-Control-Allow-Private-Network: true\r\nContent-Type: "
                    "application/octet-stream\r\nContent-Length: ");
    buf_i64(&head, size);
    buf_text(&head, "\r\n\r\n");
    bool sent = send_all(to, head.data, head.size);
    buf_free(&head);
    return sent;
}

static bool send_file(const Opened *opened, int to)
{
    char *chunk = mem_get(opened->cli->mem, CHUNK);
    off_t left = opened->size;
    while (left > 0) {
        ssize_t got = read(opened->file, chunk, left < CHUNK ? (size_t)left : CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || !send_all(to, chunk, (size_t)got))
            break;
        left -= got;
    }
    mem_free(opened->cli->mem, chunk);
    return left == 0;
}

/* Up to the empty line; false: it never came. */
static bool read_request(int from, char *request)
{
    size_t used = 0;
    while (used < REQUEST_MOST - 1) {
        ssize_t got = recv(from, request + used, REQUEST_MOST - 1 - used, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        request[used] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

/* Whether the first header of this name ("host:") has this value, which ends with \r\n; `absent` where there is
 * none. */
static bool has_header(const char *request, const char *name, const char *expected, bool absent)
{
    for (const char *line = strstr(request, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        const char *value = line + 2;
        if (strncasecmp(value, name, strlen(name)) != 0)
            continue;
        value += strlen(name);
        value += strspn(value, " ");
        return strncmp(value, expected, strlen(expected)) == 0;
    }
    return absent;
}

/* A page of another site has another origin; one that its name server lets come to this address sends another host.
 * Browsers let no script set either header. What sends no origin is no page that could read the answer: curl, say. */
static bool from_the_page(const char *request)
{
    return has_header(request, "host:", HOST "\r\n", false) && has_header(request, "origin:", PAGE "\r\n", true);
}

static bool right_path(const Opened *opened, const char *path)
{
    size_t size = strlen(opened->name);
    return path[0] == '/' && strncmp(path + 1, opened->name, size) == 0 && path[1 + size] == ' ';
}

/* True where the file was sent. */
static bool answer(const Opened *opened, int to)
{
    char *request = mem_get(opened->cli->mem, REQUEST_MOST);
    const char *refusal = NULL;
    bool preflight = false, sent = false;
    if (read_request(to, request)) {
        preflight = strncmp(request, "OPTIONS ", 8) == 0;
        const char *path = request + (preflight ? 8 : 4);
        if (!from_the_page(request))
            refusal = "403 Forbidden";
        else if (!preflight && strncmp(request, "GET ", 4) != 0)
            refusal = "405 Method Not Allowed";
        else if (!right_path(opened, path))
            refusal = "404 Not Found";
        if (refusal || preflight)
            send_head(opened, to, refusal ? refusal : "204 No Content", 0);
        else
            sent = send_head(opened, to, "200 OK", opened->size) && send_file(opened, to);
    }
    mem_free(opened->cli->mem, request);
    return sent;
}

static void hang_up(int connection)
{
    char rest[256];
    shutdown(connection, SHUT_WR);
    while (recv(connection, rest, sizeof rest, 0) > 0) /* so that what was sent is not lost */
        continue;
    close(connection);
}

static int serve(Opened *opened)
{
    /* Browsers open connections that they then do not use. */
    const struct timeval listening = {.tv_sec = LISTENING_S}, sending = {.tv_sec = SENDING_S};
    while (!*opened->cli->stop) {
        int connection = accept(opened->listener, NULL, NULL);
        if (connection < 0 && errno != EINTR && errno != ECONNABORTED)
            return EXIT_IO;
        if (connection < 0)
            continue;
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &listening, sizeof listening);
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &sending, sizeof sending);
        bool sent = answer(opened, connection);
        hang_up(connection);
        if (sent)
            return EXIT_DONE;
        if (lseek(opened->file, 0, SEEK_SET) != 0)
            return EXIT_IO;
    }
    return EXIT_INTERRUPTED;
}

/* ---- the command ---- */

static int open_file(Opened *opened)
{
    struct stat about;
    Mem *mem = opened->cli->mem;
    opened->file = open(opened->path, O_RDONLY | O_CLOEXEC);
    if (opened->file >= 0 && fstat(opened->file, &about) == 0 && S_ISREG(about.st_mode)) {
        opened->size = about.st_size;
        return EXIT_DONE;
    }
    say_error(mem, NULL, "cannot read %s: %s", opened->path, opened->file < 0 ? strerror(errno) : "not a file");
    return EXIT_IO;
}

static int start_listening(Opened *opened)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    const int yes = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    opened->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (opened->listener >= 0) {
        setsockopt(opened->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        fcntl(opened->listener, F_SETFD, FD_CLOEXEC);
        if (bind(opened->listener, (const struct sockaddr *)&here, sizeof here) == 0 &&
            listen(opened->listener, 8) == 0)
            return EXIT_DONE;
    }
    say_error(opened->cli->mem,
              "another `loopsim open`, or a trace_processor, may use it; the UI can read from no other port",
              "cannot listen on " HOST ": %s", strerror(errno));
    return EXIT_IO;
}

/* False: there is no browser that can be told. */
static bool browse(const char *url)
{
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        signal(SIGPIPE, SIG_DFL);
        execlp("xdg-open", "xdg-open", url, (char *)NULL);
        execlp("open", "open", url, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int cmd_open(Cli *cli)
{
    Opened opened = {.cli = cli, .path = cli->args.positional.word[0], .file = -1, .listener = -1};
    Buf text;
    int code = open_file(&opened);
    if (code == EXIT_DONE)
        code = start_listening(&opened);
    if (code == EXIT_DONE) {
        opened.name = encoded_name(cli->mem, opened.path);
        Sight sight = sight_of(&opened);
        const char *url = address(cli->mem, opened.name, &sight);
        if (cli->args.no_browser || !browse(url)) {
            buf_init(&text, cli->mem, TEXT_MOST);
            buf_f(&text, "%s\n", url);
            code = print_text(cli->mem, &text);
        }
    }
    if (code == EXIT_DONE)
        code = serve(&opened);
    if (opened.listener >= 0)
        close(opened.listener);
    if (opened.file >= 0)
        close(opened.file);
    return code;
}
