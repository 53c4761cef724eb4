/*
 * Writes a JSON document value by value, so that a long list is never in
 * memory as a whole; or lines of NDJSON. The values, and how they are printed,
 * are jansson's.
 */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    JSON_OUT_ROOM = 4096
};

struct json_out {
    FILE *file; /* borrowed */
    unsigned depth;
    bool is_first; /* of the object or list that is open */
    bool failed;
    size_t used;
    char bytes[JSON_OUT_ROOM];
};

/* Begins an object, indented, to be filled by the next four. */
void json_out_begin(struct json_out *out, FILE *file);

/* A member; takes the reference. Keys are not escaped. */
void json_out_member(struct json_out *out, const char *key, json_t *value);

/* The same for all members of an object; takes the reference. */
void json_out_members(struct json_out *out, json_t *object);

/* A member that is a list of what json_out_element is given until its end. */
void json_out_list(struct json_out *out, const char *key);
void json_out_element(struct json_out *out, json_t *value);
void json_out_list_end(struct json_out *out);

/* Keeps an element for a list of the outermost object; takes the reference.
 * False when it could not be written. */
bool json_out_spool(FILE *spool, json_t *value);

/* Adds to the list what was kept so, from where `spool` stands to its end. */
void json_out_spooled(struct json_out *out, FILE *spool);

/* Ends the object and its line; false when not all could be written. */
bool json_out_end(struct json_out *out);

/*
 * An object in a line, its type as the first member; takes the reference. False
 * when it could not be written.
 */
bool json_out_line(FILE *file, const char *type, json_t *object);

#endif
