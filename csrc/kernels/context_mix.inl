// Bodies of the context-mixing kernels, written once over the lane type. The dot products and weight steps are vectors
// of int32; the bit histories are scattered loads that no vector would speed up.
namespace fastnz::kernels {
namespace {

inline int32_t clamp_stretch(int32_t x) {
  return x > kSquashLimit ? kSquashLimit : (x < -kSquashLimit ? -kSquashLimit : x);
}

inline int32_t squash_q16(const ContextMixTables* t, int32_t x) { return t->squash[x + kSquashLimit + 1]; }

// Moves a map entry (q22 probability, 10-bit count) towards the bit by 1 / (count + 1.5).
inline void update_map(const ContextMixTables* t, uint32_t* entry, int bit, uint32_t limit) {
  const uint32_t value = *entry, count = value & 1023;
  const int32_t gap_q16 = bit * 65535 - static_cast<int32_t>(value >> 16);  // 0 at either end, so no step can wrap
  const int32_t step_q22 = (gap_q16 * static_cast<int32_t>(t->reciprocal_q15[count])) >> 9;
  *entry = value + (static_cast<uint32_t>(step_q22) << 10) + (count < limit ? 1 : 0);
}

inline int32_t dot_q16(const int32_t* x, const int32_t* w, int n) {
  VectorI32 sum = zero_i32();
  for (int i = 0; i < n; i += static_cast<int>(kLanesI32)) sum = add_i32(sum, multiply_upper_halves(load_i32(x + i), load_i32(w + i)));
  return sum_i32(sum);
}

// w += (x * err) >> shift, rounded.
inline void step_weights(const int32_t* x, int32_t* w, int n, int32_t err, int shift) {
  const VectorI32 scale = broadcast_i32(static_cast<int32_t>(static_cast<uint32_t>(err) << 16));
  const VectorI32 half = broadcast_i32(1 << (shift - 1));
  for (int i = 0; i < n; i += static_cast<int>(kLanesI32)) {
    const VectorI32 product = add_i32(multiply_upper_halves(load_i32(x + i), scale), half);
    store_i32(w + i, add_i32(load_i32(w + i), shift_right_i32(product, shift)));
  }
}

inline int32_t upper(int32_t value) { return static_cast<int32_t>(static_cast<uint32_t>(value) << 16); }

inline int32_t saturate_i16(int32_t v) { return v > 32767 ? 32767 : (v < -32768 ? -32768 : v); }

// Interpolates row `row` of an adaptive probability map at stretch x and remembers the nearer cell.
inline int32_t refine(uint16_t* row, int32_t x, uint16_t** cell) {
  // 31 steps over [-3071, 3071]: position in 1/4096 of a step, 6142 * 84600 / 2^12 = 31 * 4092
  const uint32_t position = (static_cast<uint32_t>(x + kSquashLimit) * 84600u) >> 12;
  const uint32_t low = position >> 12, weight = position & 4095;
  *cell = row + low + (weight >> 11);
  return static_cast<int32_t>((row[low] * (4096 - weight) + row[low + 1] * weight) >> 12);
}

void context_mix_find(const ContextMixTables* t, uint8_t* table, const uint32_t* line, const uint8_t* check, uint8_t** slot, int n) {
  for (int i = 0; i < n; ++i) {
    uint8_t* const base = table + static_cast<uint64_t>(line[i] >> 2) * 64;
    const uint32_t first = (line[i] & 3) * kSlotBytes;
    const uint8_t wanted = check[i];
    uint8_t* a = base + first;
    if (a[0] != wanted) {
      uint8_t* b = base + (first ^ kSlotBytes);
      uint8_t* c = base + (first ^ (2 * kSlotBytes));
      if (b[0] == wanted) {
        a = b;
      } else if (c[0] == wanted) {
        a = c;
      } else {  // the one whose first history is the shortest makes room
        if (t->knowledge[b[1]] < t->knowledge[a[1]]) a = b;
        if (t->knowledge[c[1]] < t->knowledge[a[1]]) a = c;
        for (int k = 1; k < kSlotBytes; ++k) a[k] = 0;
        a[0] = wanted;
      }
    }
    slot[i] = a;
  }
}

inline int32_t match_class(uint32_t length) {
  return length == 0 ? 0 : 1 + (length >= 12) + (length >= 20) + (length >= 32);
}

uint32_t context_mix_predict(ContextMixState* s) {
  const ContextMixTables* const t = s->tables;
  const int n = s->contexts;
  int32_t* const x = s->x;
  const uint32_t node = s->node, partial = s->partial, bit_index = s->bit_index;

  uint16_t* const rows[2] = {
      s->apm[0] + static_cast<uint64_t>((s->apm_base[0] + partial) & s->apm_mask[0]) * kApmColumns,
      s->apm[1] + static_cast<uint64_t>((s->apm_base[1] ^ (partial * 0x9E35u)) & s->apm_mask[1]) * kApmColumns};
  __builtin_prefetch(rows[0]);
  __builtin_prefetch(rows[1]);

  uint32_t known = 0;
  const int ordered = s->ordered_contexts;
  const uint32_t deterministic = t->deterministic_states;
  for (int i = 0; i < n; ++i) {
    const uint32_t state = s->slot[i][node];
    uint32_t* const entry = s->map + i * 256 + state;
    s->map_entry[i] = entry;
    const int32_t st = upper(t->stretch[*entry >> 20]);
    x[i] = st;
    x[n + i] = state < deterministic ? st : 0;
    known += (i < ordered) & (state != 0);
  }

  int k = 2 * n;
  for (int order = 0; order < 3; ++order) {
    uint16_t* const entry = s->direct[order] + 2 * static_cast<uint64_t>(s->direct_base[order] + partial);
    s->direct_entry[order] = entry;
    x[k++] = upper(t->stretch[entry[0] >> 4]);
    x[k++] = upper(t->stretch[entry[1] >> 4]);
  }

  uint32_t length = s->match_length;
  if (length != 0 && ((static_cast<uint32_t>(s->expected_byte) | 256) >> (8 - bit_index)) != partial) length = s->match_length = 0;
  if (length != 0) {
    const uint32_t expected = (static_cast<uint32_t>(s->expected_byte) >> (7 - bit_index)) & 1;
    const uint32_t bucket = length < 16 ? length : length < 32 ? 16 + (length - 16) / 4 : length < 64 ? 20 + (length - 32) / 8 : kMaxMatchBucket;
    s->match_entry = s->match_map + (bucket * 256 + s->previous_byte) * 2 + expected;
    const int32_t by_length = static_cast<int32_t>(length < 32 ? length : 32) * 16;
    x[k++] = upper(t->stretch[*s->match_entry >> 20]);
    x[k++] = upper(expected ? by_length : -by_length);
  } else {
    s->match_entry = nullptr;
    x[k++] = 0;
    x[k++] = 0;
  }
  x[k] = upper(256);

  const int32_t matched = match_class(length);
  const uint32_t order = matched == 0 ? known : static_cast<uint32_t>(kMaxOrder - 4 + matched);
  uint32_t row[kMaxWeightSets];
  row[0] = static_cast<uint32_t>(matched) * 256 + partial;
  row[1] = order * 8 + bit_index;
  for (int j = 2; j < s->sets; ++j) row[j] = s->set_base[j] * 8 + bit_index;
  for (int j = 0; j < s->sets; ++j) {
    int32_t* const w = s->weights[j] + static_cast<uint64_t>(row[j]) * static_cast<uint32_t>(s->inputs);
    s->selected[j] = w;
    const int32_t answer = clamp_stretch(dot_q16(x, w, s->inputs) >> 12);
    s->output_q16[j] = squash_q16(t, answer);
    s->y[j] = upper(answer);
  }
  int32_t* const w = s->final_weights + bit_index * kInputAlign;
  s->final_selected = w;
  const int32_t mixed = clamp_stretch(dot_q16(s->y, w, kInputAlign) >> 12);
  s->final_q16 = squash_q16(t, mixed);
  int32_t p = refine(rows[0], mixed, &s->apm_cell[0]);
  p = (p + refine(rows[1], mixed, &s->apm_cell[1]) + 1) >> 1;
  return static_cast<uint32_t>(p < 1 ? 1 : p > 65535 ? 65535 : p);
}

void context_mix_update(ContextMixState* s, int bit) {
  const ContextMixTables* const t = s->tables;
  const int32_t target_q16 = bit << 16;
  for (int j = 0; j < s->sets; ++j) {
    const int32_t err = saturate_i16(((target_q16 - s->output_q16[j]) * s->learning_rate_q4) >> 4);
    step_weights(s->x, s->selected[j], s->inputs, err, 4);
  }
  step_weights(s->y, s->final_selected, kInputAlign, (target_q16 - s->final_q16) >> 3, 4);
  for (int k = 0; k < 2; ++k) {
    uint16_t* const cell = s->apm_cell[k];
    *cell = static_cast<uint16_t>(*cell + ((target_q16 - bit - *cell) >> 6));
  }

  const int n = s->contexts;
  const uint32_t limit = s->state_limit, node = s->node;
  for (int i = 0; i < n; ++i) {
    update_map(t, s->map_entry[i], bit, limit);
    uint8_t* const state = s->slot[i] + node;
    *state = t->next_state[*state][bit];
  }
  for (int order = 0; order < 3; ++order) {
    uint16_t* const entry = s->direct_entry[order];
    entry[0] = static_cast<uint16_t>(entry[0] + ((target_q16 - bit - entry[0]) >> 4));
    entry[1] = static_cast<uint16_t>(entry[1] + ((target_q16 - bit - entry[1]) >> 7));
  }
  if (s->match_entry != nullptr) update_map(t, s->match_entry, bit, 1023);

  s->partial = s->partial * 2 + static_cast<uint32_t>(bit);
  s->node = s->node * 2 + static_cast<uint32_t>(bit);
  s->bit_index += 1;
}

}  // namespace
}  // namespace fastnz::kernels
