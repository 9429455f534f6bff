/* The table of kinds as data; kind.c alone reads it by index. */
#ifndef KITH_KIND_TABLE_H
#define KITH_KIND_TABLE_H

#include "proto/learn/kind.h"

extern const struct kind kind_table[]; /* ascending by number */
extern const uint32_t kind_table_count;

#endif
