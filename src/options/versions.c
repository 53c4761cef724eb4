#include "options/versions.h"

#include <jansson.h>
#include <llhttp.h>
#include <lz4.h>
#include <nghttp2/nghttp2.h>
#include <pcap/pcap.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#ifdef __linux__
#include <seccomp.h>

static void print_confinement(FILE *out)
{
    const struct scmp_version *seccomp = seccomp_version();

    if (seccomp)
        (void)fprintf(out, ", libseccomp %u.%u.%u", seccomp->major,
                      seccomp->minor, seccomp->micro);
}
#else
static void print_confinement(FILE *out)
{
    (void)out;
}
#endif

/* "libpcap version 1.10.3 (with TPACKET_V3)": how much of it is the number. */
static int pcap_number(const char **version)
{
    static const char before[] = "version ";
    const char *found = strstr(pcap_lib_version(), before);

    *version = found ? found + sizeof before - 1 : pcap_lib_version();
    return (int)strcspn(*version, " ");
}

void versions_print(FILE *out)
{
    const char *pcap;
    int size = pcap_number(&pcap);

    (void)fprintf(out,
                  "whyeof %s\n"
                  "with libpcap %.*s, llhttp %d.%d.%d, nghttp2 %s, "
                  "jansson %s, zlib %s, zstd %s, lz4 %s",
                  WHYEOF_VERSION, size, pcap, LLHTTP_VERSION_MAJOR,
                  LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH,
                  nghttp2_version(0)->version_str, jansson_version_str(),
                  zlibVersion(), ZSTD_versionString(), LZ4_versionString());
    print_confinement(out);
    (void)fputc('\n', out);
}
