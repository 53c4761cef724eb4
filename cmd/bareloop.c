/*
 * libpcap's bare read loop, for `make bench`: reads every packet of a capture
 * and prints how many there were. With a count and a file it also writes the
 * first of them there.
 */
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    char error[PCAP_ERRBUF_SIZE];
    unsigned long limit = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long count = 0;
    struct pcap_pkthdr *header;
    const unsigned char *bytes;
    pcap_dumper_t *dumper = NULL;
    pcap_t *pcap;

    if (argc < 2)
        return 2;
    pcap = pcap_open_offline(argv[1], error);
    if (!pcap) {
        (void)fprintf(stderr, "bareloop: %s\n", error);
        return 2;
    }
    if (limit)
        dumper = pcap_dump_open(pcap, argv[3]);
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        count++;
        if (dumper && count <= limit)
            pcap_dump((unsigned char *)dumper, header, bytes);
        if (dumper && count == limit)
            break;
    }
    if (dumper)
        pcap_dump_close(dumper);
    pcap_close(pcap);
    (void)printf("%lu packets\n", count);
    return 0;
}
