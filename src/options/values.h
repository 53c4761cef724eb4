/*
 * The values of options as people type them. Each function sets `fail` and
 * says false when a text is none; `name` is the option's.
 */
#ifndef OPTIONS_VALUES_H
#define OPTIONS_VALUES_H

#include "options/options.h"

/* 10s, 1500ms, 1m30s */
bool value_duration(const char *name, const char *text, nanos *to,
                    struct fail *fail);

/* A whole number from `least` to `most`. */
bool value_number(const char *name, const char *text, const uint64_t range[2],
                  uint64_t *to, struct fail *fail);

/* Bytes: 64M, 1G, 512k, 4096; k, M and G are powers of 1024. */
bool value_size(const char *name, const char *text, uint64_t *to,
                struct fail *fail);

bool value_when(const char *name, const char *text, enum when *to,
                struct fail *fail);
bool value_codes(const char *list, bool set[static VERDICT_COUNT],
                 struct fail *fail);
bool value_ports(const char *list, struct http_options *http,
                 struct fail *fail);
bool value_fail_on(const char *text, int *to, bool *unjudged,
                   struct fail *fail);

/* SIZE[,N] */
bool value_record_limit(const char *text, struct watch_options *to,
                        struct fail *fail);

/* N[.X]: a tcp.stream, and an exchange of it from 1 on. */
bool value_why(const char *text, struct why_options *to, struct fail *fail);

/* A format by its name. */
bool value_format(const char *text, const struct renderer **to,
                  struct fail *fail);

#endif
