/* A source that serves any number of bytes: GET /any/path/LENGTH, with Range. Usage: source RATE LATENCY [CERTIFICATE]
 *
 * RATE (bytes per second for each connection, 0 for no limit) and LATENCY (milliseconds to the first byte of a reply)
 * simulate the real service. An idle connection saves up no bytes, so that many short ranges are no faster than one long
 * reply on the same connection.
 *
 * The content is a fixed pattern whose period is no multiple of any block size: no two blocks of a chunk are equal.
 * GET /-/stats returns the counts of requests and body bytes since /-/reset.
 */
#include "wire.h"
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <time.h>

#define PERIOD ((64u << 20) - 4093u)
#define PACED_PIECE (64u << 10)
#define PIECE (1u << 20)
#define CATCH_UP 0.01 /* seconds that a late wake-up may make up for, within one reply */

static int pattern_file;
static unsigned char *pattern;
static double rate, latency;
static uint64_t requests, bytes;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double due) {
    struct timespec t = {.tv_sec = (time_t)due, .tv_nsec = (long)((due - (double)(time_t)due) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) continue;
}

static void make_pattern(void) {
    pattern_file = memfd_create("pattern", MFD_CLOEXEC);
    if (pattern_file < 0 || ftruncate(pattern_file, PERIOD)) exit(1);
    pattern = mmap(NULL, PERIOD, PROT_READ | PROT_WRITE, MAP_SHARED, pattern_file, 0);
    uint64_t state = 1;
    for (size_t i = 0; i + 8 <= PERIOD; i += 8) { /* splitmix64 */
        uint64_t z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        memcpy(pattern + i, &z, 8);
    }
}

static int send_body(struct conn *c, uint64_t at, uint64_t left) {
    size_t most = rate > 0 ? PACED_PIECE : PIECE;
    while (left) {
        size_t begin = at % PERIOD, n = PERIOD - begin;
        if (n > left) n = left;
        if (n > most) n = most;
        if (rate > 0) {
            if (c->due < now() - CATCH_UP) c->due = now() - CATCH_UP;
            c->due += (double)n / rate;
        }
        off_t offset = (off_t)begin;
        ssize_t sent = (ssize_t)n;
        if (is_tls(c)) {
            if (write_all(c, pattern + begin, n, 0)) return -1;
        } else {
            sent = sendfile(c->fd, pattern_file, &offset, n);
            if (sent <= 0) return -1;
        }
        __atomic_add_fetch(&bytes, (uint64_t)sent, __ATOMIC_RELAXED);
        at += (uint64_t)sent;
        left -= (uint64_t)sent;
        if (rate > 0) sleep_until(c->due); /* after the last piece too: the next reply cannot begin early */
    }
    return 0;
}

static int answer(struct conn *c) {
    char text[256], *end;
    if (!strncmp(c->target, "/-/", 3)) {
        if (!strcmp(c->target, "/-/reset")) requests = bytes = 0;
        snprintf(text, sizeof text, "{\"requests\": %llu, \"bytes\": %llu}", (unsigned long long)requests,
                 (unsigned long long)bytes);
        return reply(c, "200 OK", "Content-Type: application/json\r\n", text);
    }
    __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
    if (!strcmp(c->method, "DELETE")) return reply(c, "200 OK", "", "");
    char *slash = strrchr(c->target, '/');
    uint64_t total = slash ? strtoull(slash + 1, &end, 10) : 0;
    if (!total) return reply(c, "404 Not Found", "", "");
    uint64_t first = 0, last = total - 1;
    int ranged = header(c, "\r\nRange:", text, sizeof text) && !strncmp(text, "bytes=", 6);
    if (ranged) {
        first = strtoull(text + 6, &end, 10);
        if (*end == '-' && end[1]) last = strtoull(end + 1, NULL, 10);
        if (last > total - 1) last = total - 1;
        if (first > last) {
            snprintf(text, sizeof text, "Content-Range: bytes */%llu\r\n", (unsigned long long)total);
            return reply(c, "416 Range Not Satisfiable", text, "");
        }
    }
    char head[512];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
                     "Last-Modified: Mon, 02 Nov 2026 00:00:00 GMT\r\nContent-Length: %llu\r\n",
                     ranged ? "206 Partial Content" : "200 OK", (unsigned long long)(last - first + 1));
    if (ranged)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Range: bytes %llu-%llu/%llu\r\n",
                      (unsigned long long)first, (unsigned long long)last, (unsigned long long)total);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    if (rate > 0 || latency > 0) {
        sleep_until(now() + latency);
        c->due = now();
    }
    int body = strcmp(c->method, "HEAD") != 0;
    if (write_all(c, head, (size_t)n, body ? MSG_MORE : 0)) return -1;
    return body ? send_body(c, first, last - first + 1) : 0;
}

int main(int count, char **given) {
    if (count < 3) return fprintf(stderr, "source RATE LATENCY [CERTIFICATE]\n"), 2;
    rate = atof(given[1]);
    latency = atof(given[2]) / 1000;
    make_pattern();
    return listen_and_serve(count > 3 ? given[3] : NULL);
}
