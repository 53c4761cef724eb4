#include "report/html_out.h"

#include <openssl/evp.h>

#include "base/text.h"

enum {
    LINE_SIZE = 1 << 16
};

void html_shown(const struct html *html, const char *shown)
{
    for (; *shown; shown++) {
        if (strchr("<>&\"'", *shown))
            (void)fprintf(html->out, "&#%d;", *shown);
        else
            (void)fputc(*shown, html->out);
    }
}

void html_text(const struct html *html, const char *text)
{
    struct text visible;

    text_init(&visible, LINE_SIZE);
    text_add_visible(&visible, span_of_text(text));
    html_shown(html, text_string(&visible));
    text_release(&visible);
}

void html_hash(char hash[static HTML_HASH_SIZE], const char *bytes)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint8_t base64[48]; /* of 32 bytes 44, and NUL */
    unsigned size = 0;

    hash[0] = '\0';
    if (EVP_Digest(bytes, strlen(bytes), digest, &size, EVP_sha256(), NULL) !=
            1 ||
        size != 32)
        return; /* without a hash neither runs */
    (void)EVP_EncodeBlock(base64, digest, (int)size);
    (void)snprintf(hash, HTML_HASH_SIZE, "sha256-%s", (const char *)base64);
}
