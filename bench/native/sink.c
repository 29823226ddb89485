/* The part of Blob storage that a copy uses: Put Blob, Put Block, Put Block List, Get Block List, HEAD, GET, DELETE, and a
 * flat list of blobs.
 *
 * Usage: sink null|keep [CERTIFICATE]. `null` discards bodies (by MSG_TRUNC, without copying them) and stores only names,
 * block ids, lengths and metadata. `keep` also stores bodies in memory, so that they can be read back. Signatures and
 * checksums are not checked; requests with a checksum are counted.
 * GET /-/stats returns the counters since /-/reset, which also deletes all blobs.
 */
#include "wire.h"
#include <malloc.h>

#define SCRATCH (256u << 10)
#define LIST_MOST (8u << 20)

struct block {
    char id[100];
    uint64_t length;
    char *body;
};
struct list {
    struct block *at;
    size_t count, room;
};
struct blob {
    struct blob *next;
    char *name, *lines, etag[24]; /* lines: what HEAD and GET show of it */
    int committed;
    uint64_t length;
    struct list done, staged;
};

static int keep;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct blob *blobs;
static uint64_t requests, bytes, checksums, etags;

static struct block *find_block(struct list *list, const char *id) {
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->at[i].id, id)) return &list->at[i];
    return NULL;
}

static struct block *add_block(struct list *list, const char *id) {
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->at = realloc(list->at, list->room * sizeof *list->at);
    }
    struct block *block = &list->at[list->count++];
    memset(block, 0, sizeof *block);
    strncpy(block->id, id, sizeof block->id - 1);
    return block;
}

static void forget(struct list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->at[i].body);
    free(list->at);
    memset(list, 0, sizeof *list);
}

static struct blob *find_blob(const char *target, int make) {
    size_t length = strcspn(target, "?");
    for (struct blob *b = blobs; b; b = b->next)
        if (strlen(b->name) == length && !strncmp(b->name, target, length)) return b;
    if (!make) return NULL;
    struct blob *b = calloc(1, sizeof *b);
    b->name = strndup(target, length);
    b->lines = strdup("");
    b->next = blobs;
    return blobs = b;
}

static void forget_all(void) {
    while (blobs) {
        struct blob *b = blobs;
        blobs = b->next;
        forget(&b->done);
        forget(&b->staged);
        free(b->name);
        free(b->lines);
        free(b);
    }
    requests = bytes = checksums = 0;
}

/* Reads a body from the connection into `into`, or discards it. */
static int take_body(struct conn *c, uint64_t length, char *into) {
    char text[64], scratch[SCRATCH];
    if (header(c, "\r\nExpect:", text, sizeof text) && c->have == c->at &&
        write_all(c, "HTTP/1.1 100 Continue\r\n\r\n", 25, 0))
        return -1;
    size_t had = c->have - c->at;
    if (had > length) had = length;
    if (into) memcpy(into, c->in + c->at, had);
    c->at += had;
    for (uint64_t done = had; done < length;) {
        uint64_t left = length - done;
        ssize_t got;
        if (into)
            got = raw_read(c, into + done, left);
        else if (is_tls(c))
            got = raw_read(c, scratch, left > sizeof scratch ? sizeof scratch : left);
        else
            got = recv(c->fd, NULL, left > 1 << 30 ? 1 << 30 : left, MSG_TRUNC);
        if (got <= 0) return -1;
        done += (uint64_t)got;
    }
    return 0;
}

static int failure(struct conn *c, const char *status, const char *code) {
    char lines[256], body[256];
    snprintf(lines, sizeof lines, "x-ms-error-code: %s\r\nContent-Type: application/xml\r\n", code);
    snprintf(body, sizeof body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>%s</Message></Error>",
             code, code);
    return reply(c, status, lines, body);
}

/* Publishes a blob under the lock: its ETag, and the headers that say whose it is. */
static void publish(struct conn *c, struct blob *b, uint64_t length) {
    char text[2048], lines[8192];
    int n = 0;
    for (const char *at = c->headers; (at = strcasestr(at, "\r\nx-ms-meta-")) && n < 7000; at += 2)
        n += snprintf(lines + n, sizeof lines - (size_t)n, "%.*s\r\n", (int)strcspn(at + 2, "\r"), at + 2);
    const char *type = header(c, "\r\nx-ms-blob-content-type:", text, 256) ? text : "application/octet-stream";
    snprintf(b->etag, sizeof b->etag, "\"0x%016llX\"", (unsigned long long)++etags);
    snprintf(lines + n, sizeof lines - (size_t)n,
             "Content-Type: %s\r\nETag: %s\r\nLast-Modified: Mon, 02 Nov 2026 00:00:00 GMT\r\nx-ms-blob-type: BlockBlob\r\n",
             type, b->etag);
    free(b->lines);
    b->lines = strdup(lines);
    b->committed = 1;
    b->length = length;
    forget(&b->staged);
}

static int created(struct conn *c, const char *etag) {
    char lines[256] = "x-ms-request-server-encrypted: true\r\n";
    if (etag)
        snprintf(lines, sizeof lines,
                 "ETag: %s\r\nLast-Modified: Mon, 02 Nov 2026 00:00:00 GMT\r\nx-ms-request-server-encrypted: true\r\n",
                 etag);
    return reply(c, "201 Created", lines, "");
}

static int is_taken(struct conn *c) {
    char text[64];
    struct blob *b = find_blob(c->target, 0);
    return b && b->committed && header(c, "\r\nIf-None-Match:", text, sizeof text) && !strcmp(text, "*");
}

static int put(struct conn *c, uint64_t length) {
    char comp[32] = "", id[100], etag[24];
    query(c->target, "comp", comp, sizeof comp);
    if (query(c->target, "restype", id, sizeof id)) return take_body(c, length, NULL) || created(c, "\"0x1\"");
    int is_list = !strcmp(comp, "blocklist"), is_block = !strcmp(comp, "block");
    if (is_list && length > LIST_MOST) return -1;
    char *body = keep || is_list ? malloc(length + 1) : NULL;
    if (take_body(c, length, body)) return free(body), -1;
    pthread_mutex_lock(&lock);
    if (!is_list) bytes += length;
    if (is_block) {
        query(c->target, "blockid", id, sizeof id);
        struct list *staged = &find_blob(c->target, 1)->staged;
        struct block *block = find_block(staged, id);
        if (block)
            free(block->body);
        else
            block = add_block(staged, id);
        block->length = length;
        block->body = body;
        pthread_mutex_unlock(&lock);
        return created(c, NULL);
    }
    if (is_taken(c)) {
        pthread_mutex_unlock(&lock);
        free(body);
        return failure(c, "409 Conflict", "BlobAlreadyExists");
    }
    struct blob *b = find_blob(c->target, 1);
    struct list list = {0};
    uint64_t total = length;
    if (is_list) {
        body[length] = total = 0;
        for (char *at = body; at && (at = strpbrk(at, "<")); at++) {
            if (sscanf(at, "<Latest>%99[^<]", id) != 1 && sscanf(at, "<Uncommitted>%99[^<]", id) != 1 &&
                sscanf(at, "<Committed>%99[^<]", id) != 1)
                continue;
            struct block *from = find_block(&b->staged, id);
            if (!from) {
                pthread_mutex_unlock(&lock);
                free(list.at);
                free(body);
                return failure(c, "400 Bad Request", "InvalidBlockList");
            }
            struct block *block = add_block(&list, id);
            total += block->length = from->length;
            block->body = from->body;
        }
        for (size_t i = 0; i < list.count; i++) { /* only now: a refused list must change nothing */
            struct block *from = find_block(&b->staged, list.at[i].id);
            from->body = NULL;
        }
        free(body);
    } else {
        struct block *block = add_block(&list, "");
        block->length = length;
        block->body = body;
    }
    forget(&b->done);
    b->done = list;
    publish(c, b, total);
    memcpy(etag, b->etag, sizeof etag);
    pthread_mutex_unlock(&lock);
    return created(c, etag);
}

static size_t show(char *text, size_t at, size_t most, const char *kind, const struct list *list) {
    at += (size_t)snprintf(text + at, most - at, "<%s>", kind);
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].id[0])
            at += (size_t)snprintf(text + at, most - at, "<Block><Name>%s</Name><Size>%llu</Size></Block>", list->at[i].id,
                                   (unsigned long long)list->at[i].length);
    return at + (size_t)snprintf(text + at, most - at, "</%s>", kind);
}

static int block_list(struct conn *c) {
    char which[32] = "committed", lines[256] = "Content-Type: application/xml\r\n";
    query(c->target, "blocklisttype", which, sizeof which);
    pthread_mutex_lock(&lock);
    struct blob *b = find_blob(c->target, 0);
    if (!b || (!b->committed && !b->staged.count)) {
        pthread_mutex_unlock(&lock);
        return failure(c, "404 Not Found", "BlobNotFound");
    }
    size_t most = (b->done.count + b->staged.count) * 200 + 512, at = 0;
    char *text = malloc(most);
    at += (size_t)snprintf(text, most, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    if (strcmp(which, "uncommitted")) at = show(text, at, most, "CommittedBlocks", &b->done);
    if (strcmp(which, "committed")) at = show(text, at, most, "UncommittedBlocks", &b->staged);
    snprintf(text + at, most - at, "</BlockList>");
    if (b->committed)
        snprintf(lines, sizeof lines,
                 "Content-Type: application/xml\r\nETag: %s\r\nLast-Modified: Mon, 02 Nov 2026 00:00:00 GMT\r\n"
                 "x-ms-blob-content-length: %llu\r\n",
                 b->etag, (unsigned long long)b->length);
    pthread_mutex_unlock(&lock);
    int failed = reply(c, "200 OK", lines, text);
    free(text);
    return failed;
}

/* The committed blobs of a container as a flat list, in one page. */
static int list_blobs(struct conn *c) {
    char prefix[256] = "";
    query(c->target, "prefix", prefix, sizeof prefix);
    size_t base = strcspn(c->target, "?"), most = 1024, at;
    pthread_mutex_lock(&lock);
    for (struct blob *b = blobs; b; b = b->next) most += strlen(b->name) + 512;
    char *text = malloc(most);
    at = (size_t)snprintf(text, most, "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    for (struct blob *b = blobs; b; b = b->next)
        if (b->committed && !strncmp(b->name, c->target, base) && b->name[base] == '/' &&
            !strncmp(b->name + base + 1, prefix, strlen(prefix)))
            at += (size_t)snprintf(text + at, most - at,
                                   "<Blob><Name>%s</Name><Properties><Last-Modified>Mon, 02 Nov 2026 00:00:00 GMT"
                                   "</Last-Modified><Etag>%s</Etag><Content-Length>%llu</Content-Length>"
                                   "<Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType>"
                                   "</Properties></Blob>",
                                   b->name + base + 1, b->etag, (unsigned long long)b->length);
    pthread_mutex_unlock(&lock);
    snprintf(text + at, most - at, "</Blobs><NextMarker /></EnumerationResults>");
    int failed = reply(c, "200 OK", "Content-Type: application/xml\r\n", text);
    free(text);
    return failed;
}

static int get(struct conn *c, int body) {
    char text[256], comp[32] = "";
    query(c->target, "comp", comp, sizeof comp);
    if (!strcmp(comp, "blocklist")) return block_list(c);
    if (!strcmp(comp, "list")) return list_blobs(c);
    if (query(c->target, "restype", text, sizeof text)) return reply(c, "200 OK", "ETag: \"0x1\"\r\n", "");
    pthread_mutex_lock(&lock);
    struct blob *b = find_blob(c->target, 0);
    pthread_mutex_unlock(&lock);
    if (!b || !b->committed) return failure(c, "404 Not Found", "BlobNotFound");
    if (body && !keep) return failure(c, "501 Not Implemented", "BodiesAreDiscarded");
    uint64_t first = 0, last = b->length - 1;
    int ranged = header(c, "\r\nx-ms-range:", text, sizeof text) || header(c, "\r\nRange:", text, sizeof text);
    if (ranged) {
        char *end;
        first = strtoull(text + 6, &end, 10);
        if (*end == '-' && end[1]) last = strtoull(end + 1, NULL, 10);
        if (last > b->length - 1) last = b->length - 1;
        if (first > last) return failure(c, "416 Range Not Satisfiable", "InvalidRange");
    }
    size_t most = strlen(b->lines) + 512;
    char *head = malloc(most);
    int n = snprintf(head, most, "HTTP/1.1 %s\r\nServer: bench\r\nx-ms-version: 2021-12-02\r\n%sAccept-Ranges: bytes\r\n",
                     ranged ? "206 Partial Content" : "200 OK", b->lines);
    if (ranged)
        n += snprintf(head + n, most - (size_t)n, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)first,
                      (unsigned long long)last, (unsigned long long)b->length);
    n += snprintf(head + n, most - (size_t)n, "Content-Length: %llu\r\n\r\n",
                  (unsigned long long)(b->length ? last - first + 1 : 0));
    int failed = write_all(c, head, (size_t)n, body ? MSG_MORE : 0);
    free(head);
    uint64_t at = 0;
    for (size_t i = 0; body && !failed && i < b->done.count; at += b->done.at[i++].length) {
        const struct block *block = &b->done.at[i];
        if (at + block->length <= first || at > last) continue;
        uint64_t from = first > at ? first - at : 0, to = last - at + 1 < block->length ? last - at + 1 : block->length;
        failed = write_all(c, block->body + from, to - from, 0);
    }
    return failed;
}

static int stats(struct conn *c) {
    char text[512];
    uint64_t count = 0, committed = 0, staged = 0;
    pthread_mutex_lock(&lock);
    if (!strcmp(c->target, "/-/reset")) forget_all();
    for (struct blob *b = blobs; b; b = b->next) {
        count += (uint64_t)b->committed;
        committed += b->length;
        for (size_t i = 0; i < b->staged.count; i++) staged += b->staged.at[i].length;
    }
    snprintf(text, sizeof text,
             "{\"requests\": %llu, \"bytes\": %llu, \"checksums\": %llu, \"blobs\": %llu, \"committed\": %llu, \"staged\": %llu}",
             (unsigned long long)requests, (unsigned long long)bytes, (unsigned long long)checksums,
             (unsigned long long)count, (unsigned long long)committed, (unsigned long long)staged);
    pthread_mutex_unlock(&lock);
    return reply(c, "200 OK", "Content-Type: application/json\r\n", text);
}

static int answer(struct conn *c) {
    char text[256];
    if (!strncmp(c->target, "/-/", 3)) return stats(c);
    uint64_t length = header(c, "\r\nContent-Length:", text, sizeof text) ? strtoull(text, NULL, 10) : 0;
    __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
    if (header(c, "\r\nTransfer-Encoding:", text, sizeof text))
        return failure(c, "411 Length Required", "MissingContentLengthHeader"), -1;
    if (header(c, "\r\nx-ms-content-crc64:", text, sizeof text) || header(c, "\r\nContent-MD5:", text, sizeof text))
        __atomic_add_fetch(&checksums, 1, __ATOMIC_RELAXED);
    if (!strcmp(c->method, "PUT")) return put(c, length);
    if (length && take_body(c, length, NULL)) return -1;
    if (!strcmp(c->method, "GET")) return get(c, 1);
    if (!strcmp(c->method, "HEAD")) return get(c, 0);
    if (!strcmp(c->method, "DELETE")) {
        pthread_mutex_lock(&lock);
        struct blob *b = find_blob(c->target, 0);
        int was = b && b->committed;
        if (b) {
            forget(&b->done);
            forget(&b->staged);
            b->committed = 0;
            b->length = 0;
        }
        pthread_mutex_unlock(&lock);
        return was ? reply(c, "202 Accepted", "", "") : failure(c, "404 Not Found", "BlobNotFound");
    }
    return failure(c, "405 Method Not Allowed", "UnsupportedHttpVerb");
}

int main(int count, char **given) {
    if (count < 2) return fprintf(stderr, "sink null|keep [CERTIFICATE]\n"), 2;
    keep = !strcmp(given[1], "keep");
    mallopt(M_MMAP_THRESHOLD, 1 << 30); /* bodies reuse memory that is mapped already */
    mallopt(M_TRIM_THRESHOLD, 2147483647);
    mallopt(M_ARENA_MAX, 1);
    return listen_and_serve(count > 2 ? given[2] : NULL);
}
