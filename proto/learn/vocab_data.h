/* The tables that contrib/vocab/embed.cmake writes; vocab.c alone reads them. */
#ifndef KITH_VOCAB_DATA_H
#define KITH_VOCAB_DATA_H

#include "proto/learn/vocab.h"

extern const struct vocab vocab_data[]; /* ascending by name */
extern const uint32_t vocab_data_count;

#endif
