/* What the source and the sink share: connections (plain, TLS, or TLS behind CONNECT), request heads, replies, threads.
 *
 * One thread per connection. The first byte of a connection shows whether it uses TLS. This server accepts every CONNECT
 * and is itself the end of the tunnel, so that clients reach it by the host name of the real one.
 * Without OpenSSL's headers (no -DWITH_TLS) there is no TLS.
 */
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
static SSL_CTX *tls_context;
#endif

#define HEAD_MOST 32768

struct conn {
    int fd;
#ifdef WITH_TLS
    SSL *tls;
#endif
    char in[HEAD_MOST]; /* what was read beyond the last head */
    size_t at, have;
    char head[HEAD_MOST]; /* request line and headers, ended by NUL */
    char *method, *target;
    const char *headers;
    double due; /* for a throttled connection: when it may send again */
};

static int is_tls(const struct conn *c) {
#ifdef WITH_TLS
    return c->tls != NULL;
#else
    (void)c;
    return 0;
#endif
}

static ssize_t raw_read(struct conn *c, void *into, size_t most) {
#ifdef WITH_TLS
    if (c->tls) {
        int got = SSL_read(c->tls, into, most > 1 << 30 ? 1 << 30 : (int)most);
        return got > 0 ? got : -1;
    }
#endif
    return recv(c->fd, into, most, 0);
}

static int write_all(struct conn *c, const void *from, size_t length, int flags) {
    const char *at = from;
    while (length) {
        ssize_t sent;
#ifdef WITH_TLS
        if (c->tls)
            sent = SSL_write(c->tls, at, length > 1 << 20 ? 1 << 20 : (int)length);
        else
#endif
            sent = send(c->fd, at, length, MSG_NOSIGNAL | flags);
        if (sent <= 0) return -1;
        at += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Reads up to the empty line; 0 when a request is there, -1 at the end of the connection. */
static int read_head(struct conn *c) {
    for (;;) {
        char *begin = c->in + c->at, *end = memmem(begin, c->have - c->at, "\r\n\r\n", 4);
        if (end) {
            size_t length = (size_t)(end - begin) + 2;
            memcpy(c->head, begin, length);
            c->head[length] = 0;
            c->at += length + 2;
            char *line = strstr(c->head, "\r\n");
            c->headers = line;
            c->method = c->head;
            c->target = memchr(c->head, ' ', (size_t)(line - c->head));
            if (!c->target) return -1;
            *c->target++ = 0;
            char *last = memchr(c->target, ' ', (size_t)(line - c->target));
            if (!last) return -1;
            *last = 0;
            return 0;
        }
        memmove(c->in, begin, c->have - c->at);
        c->have -= c->at;
        c->at = 0;
        if (c->have == sizeof c->in - 4) return -1;
        ssize_t got = raw_read(c, c->in + c->have, sizeof c->in - 4 - c->have);
        if (got <= 0) return -1;
        c->have += (size_t)got;
    }
}

/* The value of a header, copied; NULL when there is none. `name` is "\r\nName:". */
static char *header(const struct conn *c, const char *name, char *into, size_t most) {
    const char *found = strcasestr(c->headers, name);
    if (!found) return NULL;
    found += strlen(name);
    while (*found == ' ') found++;
    size_t length = strcspn(found, "\r");
    if (length >= most) length = most - 1;
    memcpy(into, found, length);
    into[length] = 0;
    return into;
}

/* One query parameter, percent-decoded; NULL when there is none. */
__attribute__((unused)) static char *query(const char *target, const char *name, char *into, size_t most) {
    const char *at = strchr(target, '?');
    size_t length = strlen(name);
    while (at) {
        at++;
        if (!strncmp(at, name, length) && at[length] == '=') {
            size_t n = 0;
            for (at += length + 1; *at && *at != '&' && n + 1 < most; n++) {
                unsigned byte;
                if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1) {
                    into[n] = (char)byte;
                    at += 3;
                } else
                    into[n] = *at++;
            }
            into[n] = 0;
            return into;
        }
        at = strchr(at, '&');
    }
    return NULL;
}

/* A whole reply: status line, the given header lines, and a body of text. */
static int reply(struct conn *c, const char *status, const char *lines, const char *body) {
    size_t length = strlen(body), most = strlen(lines) + length + 512;
    char *text = malloc(most);
    int n = snprintf(text, most,
                     "HTTP/1.1 %s\r\nServer: bench\r\nx-ms-version: 2021-12-02\r\n%sContent-Length: %zu\r\n\r\n%s", status,
                     lines, length, strcmp(c->method, "HEAD") ? body : "");
    int failed = write_all(c, text, (size_t)n, 0);
    free(text);
    return failed;
}

static int answer(struct conn *c); /* each server's own: 0 to go on with the connection */

static int begin_tls(struct conn *c) {
#ifdef WITH_TLS
    if (!tls_context) return -1;
    c->tls = SSL_new(tls_context);
    SSL_set_fd(c->tls, c->fd);
    return SSL_accept(c->tls) == 1 ? 0 : -1;
#else
    (void)c;
    return -1;
#endif
}

static void *serve(void *given) {
    struct conn *c = given;
    unsigned char first = 0;
    if (recv(c->fd, &first, 1, MSG_PEEK) == 1 && (first != 0x16 || begin_tls(c) == 0))
        while (read_head(c) == 0) {
            if (!strcmp(c->method, "CONNECT")) {
                static const char yes[] = "HTTP/1.1 200 Connection established\r\n\r\n";
                if (write_all(c, yes, sizeof yes - 1, 0) || c->have != c->at || begin_tls(c)) break;
            } else if (answer(c))
                break;
        }
#ifdef WITH_TLS
    if (c->tls) SSL_free(c->tls);
#endif
    close(c->fd);
    free(c);
    return NULL;
}

/* Ends when standard input is closed: when the parent process has ended, in whatever way. */
static void *end_with_parent(void *nothing) {
    char byte;
    while (read(0, &byte, 1) > 0) continue;
    _exit(0);
    return nothing;
}

static int listen_and_serve(const char *certificate) {
    signal(SIGPIPE, SIG_IGN);
#ifdef WITH_TLS
    if (certificate) {
        tls_context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(tls_context, certificate) != 1 ||
            SSL_CTX_use_PrivateKey_file(tls_context, certificate, SSL_FILETYPE_PEM) != 1) {
            fprintf(stderr, "cannot read the certificate %s\n", certificate);
            return 1;
        }
    }
#else
    (void)certificate;
#endif
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        perror("listen");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, end_with_parent, NULL);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct conn *c = calloc(1, sizeof *c);
        c->fd = fd;
        if (pthread_create(&thread, &detached, serve, c)) close(fd);
    }
}
#endif
