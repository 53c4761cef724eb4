#include "base/mask.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

static const struct {
    const char *wire, *shown;
} targets[] = {
    {"",                                                            ""                                        },
    {"/",                                                           "/"                                       },
    {"*",                                                           "*"                                       },
    {"/path?",                                                      "/path?"                                  },
    {"/a?b=c&d=e",                                                  "/a?b=c&d=e"                              },
    {"/a?token=abc",                                                "/a?token=***"                            },
    {"/a?b=c&token=abc&d=e",                                        "/a?b=c&token=***&d=e"                    },
    {"/a?token=a=b&d=e",                                            "/a?token=***&d=e"                        },
    {"/a?token=&d=e",                                               "/a?token=&d=e"                           },
    {"/a?token&d=e",                                                "/a?token&d=e"                            },
    {"/a?X-Amz-Signature=abc;b=c",                                  "/a?X-Amz-Signature=***;b=c"              },
    {"/a?pass=a;b&c=d",                                             "/a?pass=***&c=d"                         },
    {"/a?API_KEY=1&PassWord=2",                                     "/a?API_KEY=***&PassWord=***"             },
    {"/a?page=2&&code=3",                                           "/a?page=2&&code=***"                     },
    {"/a\x1b[2J?key=\x1b[2J&b=\x1b",                                "/a\\x1b[2J?key=***&b=\\x1b"              },
 /* a second '?', fragments, commas, matrix parameters */
    {"/a?b=c?code=d",                                               "/a?b=c?code=***"                         },
    {"/a?sig=b?c&d=e",                                              "/a?sig=***&d=e"                          },
    {"/a#access_token=b&c=d",                                       "/a#access_token=***&c=d"                 },
    {"/a?b=c#id_token=d",                                           "/a?b=c#id_token=***"                     },
    {"/a?x=1,token=abc",                                            "/a?x=1,token=***"                        },
    {"/a;jsessionid=ABC?b=c",                                       "/a;jsessionid=***?b=c"                   },
    {"/a;jsessionid=ABC/b;x=1",                                     "/a;jsessionid=***/b;x=1"                 },
    {"/a;jsessionid=ABC;x=1/b",                                     "/a;jsessionid=***;x=1/b"                 },
    {"/token=abc/b",                                                "/token=***/b"                            },
    {"/a?user[password]=b",                                         "/a?user[password]=***"                   },
    {"/a?redirect=/b?token=c/d&e=f",                                "/a?redirect=/b?token=***&e=f"            },
 /* encoded: names, values, separators */
    {"/a?access%5Ftoken=abc&page=2",                                "/a?access%5Ftoken=***&page=2"            },
    {"/a?%74%6f%6b%65%6e=abc",                                      "/a?%74%6f%6b%65%6e=***"                  },
    {"/a?page%31=2",                                                "/a?page%31=2"                            },
    {"/a?pass=a%26b&c=d",                                           "/a?pass=***&c=d"                         },
    {"/a?pass=a%3Fb%23c%20d&c=d",                                   "/a?pass=***&c=d"                         },
    {"/a%3Ftoken=abc",                                              "/a%3Ftoken=***"                          },
    {"/a%3Ftoken%3Dabc%26b%3Dc",                                    "/a%3Ftoken%3D***%26b%3Dc"                },
    {"/a?u=http%3A%2F%2Fh%2F%3Fkey%3Db%26c%3Dd&e=f",
     "/a?u=http%3A%2F%2Fh%2F%3Fkey%3D***%26c%3Dd&e=f"                                                         },
    {"/a?u=%253Fkey%253Db%2526c%253Dd",                             "/a?u=%253Fkey%253D***%2526c%253Dd"       },
    {"/a?b=%",                                                      "/a?b=%"                                  },
    {"/a?b=%4&c=%zz",                                               "/a?b=%4&c=%zz"                           },
 /* JSON in a value, encoded or not */
    {"/a?q={\"password\":\"b,c\",\"d\":1}",
     "/a?q={\"password\":\"***\",\"d\":1}"                                                                    },
    {"/a?q=%7B%22pin%22%3A1234%2C%22d%22%3A1%7D",
     "/a?q=%7B%22pin%22%3A***%2C%22d%22%3A1%7D"                                                               },
    {"/a?q={\"keys\":[\"b\",\"c\"],\"d\":1}",                       "/a?q={\"keys\":[***],\"d\":1}"           },
 /* user information in any form */
    {"http://h/a?b=c",                                              "http://h/a?b=c"                          },
    {"http://user:password@h/a",                                    "http://***@h/a"                          },
    {"http://user@h:80?sid=1",                                      "http://***@h:80?sid=***"                 },
    {"http://a@b@h/",                                               "http://***@h/"                           },
    {"http://u:p&q=r@h/",                                           "http://***@h/"                           },
    {"http://u:p%2Fq%23r@h/",                                       "http://***@h/"                           },
    {"//user:pw@h/a",                                               "//***@h/a"                               },
    {"//user@h/a",                                                  "//***@h/a"                               },
    {"user:pw@h:443",                                               "***@h:443"                               },
    {"/a?u=https%3A%2F%2Fuser%3Apw%40h%2F",                         "/a?u=https%3A%2F%2F***%40h%2F"           },
    {"/p/user:pw@h/",                                               "/p/***@h/"                               },
    {"http://h/a@b",                                                "http://h/a@b"                            },
    {"/a?mail=b@c",                                                 "/a?mail=b@c"                             },
    {"h:443",                                                       "h:443"                                   },
 /* names that were shown before */
    {"/a?hash=1&pin=2&state=3&hmac=4&mac=5&sess=6&access=7&wsse=8",
     "/a?hash=***&pin=***&state=***&hmac=***&mac=***&sess=***&access=***&"
     "wsse=***"                                                                                               },
    {"/a?userPin=1&pinCode=2&pinned=3&ping=4",                      "/a?userPin=***&pinCode=***&"
                                               "pinned=3&ping=4"},
    {"/a?machine=1&estates=2&accessible=3&stateId=4",
     "/a?machine=1&estates=2&accessible=3&stateId=***"                                                        },
 /* keys where they stand */
    {"/a/" JWT "/b",                                                "/a/***/b"                                },
    {"/a?b=" JWT "&c=d",                                            "/a?b=***&c=d"                            },
    {"/a/AKIAIOSFODNN7EXAMPLE",                                     "/a/***"                                  },
    {"/a/sk_live_abcdefghijkl/b",                                   "/a/***/b"                                },
    {"/hooks/T00000000/B00000000/x7Kq0ZpW3vYbN5tRm2LcJ8dQ",
     "/hooks/T00000000/B00000000/***"                                                                         },
    {"/bot123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11/send",
     "/bot123456:***/send"                                                                                    },
    {"/d41d8cd98f00b204e9800998ecf8427e.js",                        "/***.js"                                 },
 /* and what is none */
    {"/pods/myapp-7d9f8b6c5d-x2k4z/log",                            "/pods/myapp-7d9f8b6c5d-x2k4z/log"        },
    {"/v1/123e4567-e89b-12d3-a456-426614174000",
     "/v1/123e4567-e89b-12d3-a456-426614174000"                                                               },
    {"/google.pubsub.v1.Subscriber/StreamingPullWithRetry",
     "/google.pubsub.v1.Subscriber/StreamingPullWithRetry"                                                    },
    {"/2024/03/a-rather-long-title-of-an-article-in-2024",
     "/2024/03/a-rather-long-title-of-an-article-in-2024"                                                     },
    {"/api/getUserProfileInformationV2",                            "/api/getUserProfileInformationV2"        },
    {"http://internal-a1b2c3d4e5f6g7h8i9j0k1l2.elb.example/a",
     "http://internal-a1b2c3d4e5f6g7h8i9j0k1l2.elb.example/a"                                                 },
};

static const struct {
    enum mask_kind kind;
    const char *wire, *shown;
} others[] = {
    {MASK_AUTHORITY, "h:80",                                              "h:80"                },
    {MASK_AUTHORITY, "user:pw@h:80",                                      "***@h:80"            },
    {MASK_AUTHORITY, "user@h",                                            "***@h"               },
    {MASK_AUTHORITY, "internal-a1b2c3d4e5f6g7h8i9j0k1l2.elb.example",
     "internal-a1b2c3d4e5f6g7h8i9j0k1l2.elb.example"                                            },
    {MASK_TEXT,      "too_many_pings",                                    "too_many_pings"      },
    {MASK_TEXT,      "max_age",                                           "max_age"             },
    {MASK_TEXT,      "session_timed_out",                                 "session_timed_out"   },
    {MASK_TEXT,      "rpc error: code = Unavailable desc = no route",
     "rpc error: code = Unavailable desc = no route"                                            },
    {MASK_TEXT,      "error code: 5",                                     "error code: 5"       },
    {MASK_TEXT,      "bad token=abc of bob",                              "bad token=*** of bob"},
    {MASK_TEXT,      "Authorization: Bearer abc",                         "Authorization: ***"  },
    {MASK_TEXT,      "{\"access_token\": \"a\\\"b\", \"x\": 1}",
     "{\"access_token\": \"***\", \"x\": 1}"                                                    },
    {MASK_TEXT,      "{\"a\":\"{\\\"token\\\":\\\"b\\\",\\\"c\\\":1}\"}",
     "{\"a\":\"{\\\\\"token\\\\\":\\\\\"***\\\\\",\\\\\"c\\\\\":1}\"}"                          },
    {MASK_TEXT,      "dial postgres://u:p@db:5432/x failed",
     "dial postgres://***@db:5432/x failed"                                                     },
    {MASK_TEXT,      "got " JWT ", refused",                              "got ***, refused"    },
    {MASK_TEXT,      "nginx/1.22.1",                                      "nginx/1.22.1"        },
    {MASK_TEXT,      "Apache/2.4.57 (Debian) OpenSSL/3.0.9",
     "Apache/2.4.57 (Debian) OpenSSL/3.0.9"                                                     },
};

static void check_one(const char *wire, enum mask_kind kind, const char *shown)
{
    struct text text;

    text_init(&text, 400);
    text_add(&text, "<");
    mask_add(&text, span_of_text(wire), kind, false);
    assert_string_equal(text_string(&text) + 1, shown);
    text_release(&text);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        check_one(targets[i].wire, MASK_TARGET, targets[i].shown);
}

static void test_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        check_one(others[i].wire, others[i].kind, others[i].shown);
}

/* Shown as it is, but for what could steer a terminal. */
static void test_shown(void **state)
{
    struct text text;

    (void)state;
    text_init(&text, 200);
    mask_add(&text, span_of_text("http://u:p@h/\x1b?token=abc&b=\\"),
             MASK_TARGET, true);
    assert_string_equal(text_string(&text),
                        "http://u:p@h/\\x1b?token=abc&b=\\\\");
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
