#include "report/explain.h"

#include "report/known_as.h"
#include "report/page.h"

#include <assert.h>
#include <strings.h>

#define NONE            (1u << SYMPTOM_NONE)
#define EMPTY_REPLY     (1u << SYMPTOM_EMPTY_REPLY)
#define TRUNCATED       (1u << SYMPTOM_TRUNCATED)
#define RESET           (1u << SYMPTOM_RESET)
#define HANG            (1u << SYMPTOM_HANG)
#define REFUSED         (1u << SYMPTOM_REFUSED)
#define CONNECT_TIMEOUT (1u << SYMPTOM_CONNECT_TIMEOUT)
#define ERROR_STATUS    (1u << SYMPTOM_ERROR_STATUS)
#define SLOW            (1u << SYMPTOM_SLOW)
#define REJECTED        (1u << SYMPTOM_REJECTED)
#define TLS_ERROR       (1u << SYMPTOM_TLS_ERROR)
#define TUNNEL_CUT      (1u << SYMPTOM_TUNNEL_CUT)

static const struct explanation explanation[] = {
#define VERDICT(id, slug, severity, title, symptoms, seen, means, doing,       \
                doubts)                                                        \
    [VERDICT_##id] = {seen, means, doing, doubts, symptoms},
#include "diagnose/verdicts.def"
#undef VERDICT
};

static_assert(sizeof explanation / sizeof *explanation == VERDICT_COUNT,
              "every verdict has its explanation");

/*
 * What clients, proxies and libraries print, and which symptom that is.
 * Read in their sources, or seen from them in the lab. The first that occurs in
 * the text counts, so the more telling ones come first.
 */
static const struct {
    const char *words;
    unsigned symptoms;
} message[] = {
    {"handshake",                                                   TLS_ERROR | HANG                             },
    {"tlsv1",                                                       TLS_ERROR                                    },
    {"sslv3",                                                       TLS_ERROR                                    },
    {"remote error: tls",                                           TLS_ERROR                                    },
    {"x509",                                                        TLS_ERROR                                    },
    {"certificate",                                                 TLS_ERROR                                    },
    {"_cert",                                                       TLS_ERROR                                    },
    {"cert_has_expired",                                            TLS_ERROR                                    },
    {"ssl_error_syscall",                                           TLS_ERROR | EMPTY_REPLY                      },
    {"violation of protocol",                                       TLS_ERROR | EMPTY_REPLY                      },
    {"before secure tls",                                           TLS_ERROR | RESET                            },
    {"(35)",                                                        TLS_ERROR | RESET                            },
    {"(60)",                                                        TLS_ERROR                                    },
    {"ssl connection timeout",                                      TLS_ERROR | HANG                             },
    {"gateway time",                                                ERROR_STATUS                                 },
    {"bad gateway",                                                 ERROR_STATUS                                 },
    {"unsolicited response",                                        REJECTED | NONE                              },
    {"malformed chunked encoding",                                  REJECTED                                     },
    {"chunked-encoding",                                            REJECTED                                     },
    {"invalid byte in chunk length",                                REJECTED                                     },
    {"bad content-length",                                          REJECTED                                     },
    {"invalid content-length",                                      REJECTED                                     },
    {"multiple content-length",                                     REJECTED                                     },
    {"close 1006",                                                  TUNNEL_CUT                                   },
    {"code 1006",                                                   TUNNEL_CUT                                   },
    {"no close frame",                                              TUNNEL_CUT                                   },
    {"504",                                                         ERROR_STATUS                                 },
    {"502",                                                         ERROR_STATUS                                 },
    {"upstream timed out",                                          ERROR_STATUS | HANG                          },
    {"stream error",                                                RESET                                        },
    {"rst_stream",                                                  RESET                                        },
    {"goaway",                                                      RESET                                        },
    {"transport is closing",                                        RESET                                        },
    {"first record does not look like",                             EMPTY_REPLY | RESET | ERROR_STATUS           },
    {"http/0.9 when not allowed",
     EMPTY_REPLY | RESET | ERROR_STATUS | REJECTED                                                               },
    {"malformed http response",                                     EMPTY_REPLY | RESET | ERROR_STATUS | REJECTED},
    {"expected http/",                                              EMPTY_REPLY | RESET | ERROR_STATUS | REJECTED},
    {"hpe_invalid_constant",                                        EMPTY_REPLY | RESET | ERROR_STATUS | REJECTED},
    {"hpe_",                                                        REJECTED | NONE                              },
    {"badstatusline",                                               EMPTY_REPLY | RESET | ERROR_STATUS | REJECTED},
    {"chunkedencodingerror",                                        TRUNCATED                                    },
    {"premature close",                                             TRUNCATED                                    },
    {"sh--",                                                        EMPTY_REPLY | RESET                          },
    {"sd--",                                                        TRUNCATED | RESET                            },
    {"sc--",                                                        REFUSED | CONNECT_TIMEOUT                    },
    {"upstream_reset_before_response_started",                      EMPTY_REPLY | RESET                          },
    {"unexpected eof",                                              TRUNCATED                                    },
    {"server closed idle connection",                               EMPTY_REPLY | RESET                          },
    {"empty reply",                                                 EMPTY_REPLY                                  },
    {"(52)",                                                        EMPTY_REPLY                                  },
    {"socket hang up",                                              EMPTY_REPLY                                  },
    {"remotedisconnected",                                          EMPTY_REPLY                                  },
    {"closed connection without response",                          EMPTY_REPLY                                  },
    {"nohttpresponse",                                              EMPTY_REPLY                                  },
    {"failed to respond",                                           EMPTY_REPLY                                  },
    {"unexpected end of stream",                                    EMPTY_REPLY                                  },
    {"closed before message completed",                             EMPTY_REPLY | TRUNCATED                      },
    {"incompletemessage",                                           EMPTY_REPLY | TRUNCATED                      },
    {"responseended",                                               EMPTY_REPLY | TRUNCATED                      },
    {"ended prematurely",                                           EMPTY_REPLY | TRUNCATED                      },
    {"prematurely closed connection while reading response header",
     EMPTY_REPLY                                                                                                 },
    {"prematurely closed",                                          EMPTY_REPLY | TRUNCATED                      },
    {"other side closed",                                           EMPTY_REPLY | TRUNCATED                      },
    {"upstream connection termination",                             EMPTY_REPLY | RESET                          },
    {"empty_response",                                              EMPTY_REPLY                                  },
    {"reset before headers",                                        EMPTY_REPLY | RESET                          },
    {"incomplete_chunked",                                          TRUNCATED                                    },
    {"chunkedencodingerror",                                        TRUNCATED                                    },
    {"invalidchunklength",                                          TRUNCATED                                    },
    {"no route to host",                                            CONNECT_TIMEOUT                              },
    {"transfer closed",                                             TRUNCATED                                    },
    {"(18)",                                                        TRUNCATED                                    },
    {"incompleteread",                                              TRUNCATED                                    },
    {"terminated",                                                  TRUNCATED                                    },
    {"aborted",                                                     TRUNCATED                                    },
    {"content_length_mismatch",                                     TRUNCATED                                    },
    {"connection reset",                                            RESET                                        },
    {"econnreset",                                                  RESET | EMPTY_REPLY                          },
    {"broken pipe",                                                 RESET                                        },
    {"epipe",                                                       RESET                                        },
    {"(56)",                                                        RESET                                        },
    {"refused",                                                     REFUSED                                      },
    {"(7)",                                                         REFUSED                                      },
    {"while awaiting headers",                                      HANG | CONNECT_TIMEOUT                       },
    {"deadline exceeded",                                           HANG | CONNECT_TIMEOUT                       },
    {"timed out",                                                   HANG | CONNECT_TIMEOUT                       },
    {"timeout",                                                     HANG | CONNECT_TIMEOUT                       },
    {"(28)",                                                        HANG | CONNECT_TIMEOUT                       },
    {"etimedout",                                                   CONNECT_TIMEOUT                              },
    {"499",                                                         NONE                                         },
    {"bad gateway",                                                 ERROR_STATUS                                 },
    {"502",                                                         ERROR_STATUS                                 },
    {"503",                                                         ERROR_STATUS                                 },
    {"504",                                                         ERROR_STATUS                                 },
    {"408",                                                         ERROR_STATUS                                 },
    {"malformed http response",                                     ERROR_STATUS                                 },
    {"wrong version number",                                        ERROR_STATUS                                 },
    {"http response to https client",                               ERROR_STATUS                                 },
    {"eof",                                                         EMPTY_REPLY                                  },
};

const struct explanation *explanation_of(enum verdict code)
{
    return &explanation[code];
}

static void explain_code(FILE *out, enum verdict code)
{
    const struct explanation *e = &explanation[code];
    struct page page = {.out = out, .width = 80};

    (void)fprintf(out, "%s (%s)\n", verdict_slug(code),
                  severity_name(verdict_severity(code)));
    page_paragraph(&page, 2, "", verdict_title(code));
    (void)fputc('\n', out);
    page_paragraph(&page, 11, "  seen", e->seen);
    page_paragraph(&page, 11, "  means", e->means);
    page_paragraph(&page, 11, "  do", e->doing);
    page_paragraph(&page, 11, "  doubts", e->doubts);
}

static void list_codes_of(FILE *out, unsigned symptoms)
{
    (void)fputs("This message may come from:\n\n", out);
    for (size_t i = 0; i < VERDICT_COUNT; i++) {
        if (explanation[i].symptoms & symptoms)
            (void)fprintf(out, "  %-26s %s\n", verdict_slug((enum verdict)i),
                          verdict_title((enum verdict)i));
    }
    (void)fputs("\nWhich of them it was is in the packets. Capture it, then "
                "run whyeof on the file:\n\n",
                out);
    explain_capture(out);
}

bool explain(FILE *out, const char *text)
{
    enum verdict code = verdict_by_slug(text);

    if (code != VERDICT_NONE) {
        explain_code(out, code);
        return true;
    }
    if (known_as_symptoms(text)) {
        list_codes_of(out, known_as_symptoms(text));
        return true;
    }
    for (size_t i = 0; i < sizeof message / sizeof *message; i++) {
        if (strcasestr(text, message[i].words)) {
            list_codes_of(out, message[i].symptoms);
            return true;
        }
    }
    return false;
}

void explain_list(FILE *out)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        (void)fprintf(out, "%-26s %-8s %s\n", verdict_slug((enum verdict)i),
                      severity_name(verdict_severity((enum verdict)i)),
                      verdict_title((enum verdict)i));
}

void explain_capture(FILE *out)
{
    (void)fputs(
        "  tcpdump --immediate-mode -U -B 16384 -i any -w capture.pcap "
        "'tcp port 8080'\n"
        "\n"
        "with the server's port for 8080. Let it run until the client has "
        "reported its\nerror, and a second longer. Without --immediate-mode "
        "the last packets are lost; with\ntoo small a buffer (-B, in KiB) "
        "bursts are. A hang is only seen when packets of\nsome kind still "
        "come while it lasts: leave other traffic in, or keep-alive probes\n"
        "on. Where several hosts are involved, capture at the client and at "
        "the server:\nwhat one of them cannot see the other shows. Then:\n"
        "\n"
        "  whyeof capture.pcap\n"
        "\n"
        "Or, as root, without a file and as it happens:\n"
        "\n"
        "  whyeof -i any tcp port 8080\n",
        out);
}
