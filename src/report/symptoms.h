/*
 * Sets of symptoms, as the rows of verdicts.def and explain.def write them.
 * For the two sources that hold these tables.
 */
#ifndef REPORT_SYMPTOMS_H
#define REPORT_SYMPTOMS_H

#include "diagnose/finding.h"

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

#endif
