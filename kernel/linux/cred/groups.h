// SPDX-License-Identifier: Apache-2.0
// Supplementary groups: a list that does not change once it is anybody's. Any task context.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// As many as there may be (setgroups(2)).
constexpr uint32_t GROUPS_MAX = 65536;

struct groups; // reference-counted

// `count` of them, with one reference: its maker sets them, and puts them in order. ERR_NOMEM.
enum err groups_make(uint32_t count, struct groups **out);
void groups_set(struct groups *g, uint32_t i, uint32_t id);
void groups_sort(struct groups *g);

void groups_get(struct groups *g);
void groups_put(struct groups *g);

// Null is a list without any.
uint32_t groups_count(const struct groups *g);
uint32_t groups_at(const struct groups *g, uint32_t i);
bool groups_have(const struct groups *g, uint32_t id);

C_END
