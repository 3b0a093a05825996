/* Runs the self-test of an Android library on Debian's arm64 C library: load LIBRARY.
 *
 * The two C libraries agree on most that the library uses, since both speak to Linux. What is defined here comes before
 * the other one, and makes up for where they differ. See self_test.sh for what that proves and what not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int *__errno(void) { return __errno_location(); }

int __system_property_get(const char *name, char *value) {
    (void)name;
    value[0] = 0;
    return 0;
}

int __android_log_write(int priority, const char *tag, const char *text) {
    return fprintf(stderr, "%d %s: %s\n", priority, tag, text);
}

/* Android numbers these in its own way. */
long sysconf(int name) {
    static long (*ask)(int);
    if (!ask)
        ask = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
    switch (name) {
    case 0x27: case 0x28: return ask(_SC_PAGESIZE);
    case 0x60: return ask(_SC_NPROCESSORS_CONF);
    case 0x61: return ask(_SC_NPROCESSORS_ONLN);
    default: errno = EINVAL; return -1;
    }
}

/* Android's have 56 bytes, and these 64: only a pointer is kept there. */
static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

int android_attr_init(pthread_attr_t **attr) __asm__("pthread_attr_init");
int android_attr_init(pthread_attr_t **attr) {
    *attr = malloc(sizeof **attr);
    return *attr ? ((int (*)(pthread_attr_t *))next("pthread_attr_init"))(*attr) : ENOMEM;
}

int android_attr_destroy(pthread_attr_t **attr) __asm__("pthread_attr_destroy");
int android_attr_destroy(pthread_attr_t **attr) {
    free(*attr);
    return 0;
}

int android_attr_setstacksize(pthread_attr_t **attr, size_t size) __asm__("pthread_attr_setstacksize");
int android_attr_setstacksize(pthread_attr_t **attr, size_t size) {
    return ((int (*)(pthread_attr_t *, size_t))next("pthread_attr_setstacksize"))(*attr, size);
}

typedef void *entry(void *);
int android_create(pthread_t *thread, pthread_attr_t *const *attr, entry *start, void *with) __asm__("pthread_create");
int android_create(pthread_t *thread, pthread_attr_t *const *attr, entry *start, void *with) {
    int (*create)(pthread_t *, const pthread_attr_t *, entry *, void *) = next("pthread_create");
    return create(thread, attr ? *attr : NULL, start, with);
}

/* This C library has it under no name that can be linked with. Nothing forks in the test. */
int pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void)) {
    (void)before, (void)parent, (void)child;
    return 0;
}

/* Its answer has another form, and the test asks for no names. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **answer) {
    (void)name, (void)service, (void)hints;
    *answer = NULL;
    return EAI_FAIL;
}

int main(int count, char **arguments) {
    void *library = dlopen(count > 1 ? arguments[1] : "", RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    int (*test)(void) = (int (*)(void))dlsym(library, "festival_self_test");
    return test ? test() : 3;
}
