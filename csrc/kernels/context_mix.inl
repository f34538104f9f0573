// Bodies of the context-mixing kernels, written once over the lane type. The dot products and weight steps are vectors
// of int32; the bit histories are scattered loads that no vector would speed up.
namespace fastnz::kernels {
namespace {

inline int32_t clamp_stretch(int32_t x) {
  return x > kSquashLimit ? kSquashLimit : (x < -kSquashLimit ? -kSquashLimit : x);
}

inline int32_t squash_q16(const ContextMixTables* t, int32_t x) { return t->squash[x + kSquashLimit + 1]; }

// Moves a map entry (q22 probability, 10-bit count) towards the bit by 1 / (count + 1.5).
inline void update_map(const uint16_t* __restrict reciprocal, uint32_t* __restrict entry, int32_t target_u16, uint32_t limit) {
  const uint32_t value = *entry, count = value & 1023;
  const int32_t gap = target_u16 - static_cast<int32_t>(value >> 16);  // 0 at either end, so no step can wrap
  const int32_t step_q22 = (gap * static_cast<int32_t>(reciprocal[count])) >> 9;
  *entry = value + (static_cast<uint32_t>(step_q22) << 10) + (count < limit ? 1 : 0);
}

// Answers of `Sets` mixers over the same inputs: answer[j] = sum x[i] w[j][i], q28 weights, so 1/256 nat after >> 12.
template <int Sets>
inline void mix(const int32_t* __restrict x, int32_t* const* __restrict w, int n, int32_t* __restrict answer) {
  VectorI32 sum[Sets];
  for (int j = 0; j < Sets; ++j) sum[j] = zero_i32();
  for (int i = 0; i < n; i += static_cast<int>(kLanesI32)) {
    const VectorI32 input = load_i32(x + i);
    for (int j = 0; j < Sets; ++j) sum[j] = add_i32(sum[j], multiply_upper_halves(input, load_i32(w[j] + i)));
  }
  for (int j = 0; j < Sets; ++j) answer[j] = sum_i32(sum[j]) >> 12;
}

// w[j] += (x * err[j]) >> 4, rounded.
template <int Sets>
inline void train(const int32_t* __restrict x, int32_t* const* __restrict w, int n, const int32_t* __restrict err) {
  constexpr int kShift = 4;
  VectorI32 scale[Sets];
  for (int j = 0; j < Sets; ++j) scale[j] = broadcast_i32(static_cast<int32_t>(static_cast<uint32_t>(err[j]) << 16));
  const VectorI32 half = broadcast_i32(1 << (kShift - 1));
  for (int i = 0; i < n; i += static_cast<int>(kLanesI32)) {
    const VectorI32 input = load_i32(x + i);
    for (int j = 0; j < Sets; ++j) {
      const VectorI32 product = add_i32(multiply_upper_halves(input, scale[j]), half);
      store_i32(w[j] + i, add_i32(load_i32(w[j] + i), shift_right_i32<kShift>(product)));
    }
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

template <int Sets>
inline uint32_t predict_bit(ContextMixState* __restrict s) {
  const ContextMixTables* const t = s->tables;
  const int n = s->contexts;
  int32_t* __restrict const x = s->x;
  const uint32_t node = s->node, partial = s->partial, bit_index = s->bit_index;

  uint16_t* const rows[2] = {
      s->apm[0] + static_cast<uint64_t>((s->apm_base[0] + partial) & s->apm_mask[0]) * kApmColumns,
      s->apm[1] + static_cast<uint64_t>((s->apm_base[1] ^ (partial * 0x9E35u)) & s->apm_mask[1]) * kApmColumns};
  __builtin_prefetch(rows[0]);
  __builtin_prefetch(rows[1]);

  const int16_t* __restrict const stretch = t->stretch;
  uint8_t* const* __restrict const slot = s->slot;
  const uint32_t* __restrict const map = s->map;
  const uint16_t* __restrict const reciprocal = t->reciprocal_q15;
  uint32_t* __restrict const map_index = s->map_index;
  int32_t* __restrict const value = s->map_value;
  int32_t* __restrict const rate = s->map_rate;
  const int32_t deterministic = static_cast<int32_t>(t->deterministic_states);
#pragma GCC unroll 2
  for (int i = 0; i < n; ++i) {
    const uint32_t state = slot[i][node];
    const uint32_t index = static_cast<uint32_t>(i) * 256 + state;
    const uint32_t entry = map[index];
    map_index[i] = index;
    value[i] = static_cast<int32_t>(entry);
    rate[i] = reciprocal[entry & 1023];
    const int32_t st = upper(stretch[entry >> 20]);
    x[i] = st;
    x[n + i] = st & ((static_cast<int32_t>(state) - deterministic) >> 31);
  }
  uint32_t known = 0;
  for (int i = 0; i < s->ordered_contexts; ++i) known += (map_index[i] & 255) != 0;

  int k = 2 * n;
  for (int order = 0; order < kDirectOrders; ++order) {
    const uint16_t* __restrict const entry = s->direct[order] + 2 * static_cast<uint64_t>(s->direct_base[order] + partial);
    x[k++] = upper(stretch[entry[0] >> 4]);
    x[k++] = upper(stretch[entry[1] >> 4]);
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
  x[k++] = upper(256);

  const int32_t matched = match_class(length);
  const uint32_t order = matched == 0 ? known : static_cast<uint32_t>(kMaxOrder - 4 + matched);
  uint32_t row[kMaxWeightSets];
  row[0] = static_cast<uint32_t>(matched) * 256 + partial;
  row[1] = order * 8 + bit_index;
  for (int j = 2; j < Sets; ++j) row[j] = s->set_base[j] * 8 + bit_index;
  const int inputs = s->inputs;
  for (int j = 0; j < Sets; ++j)
    s->selected[j] = s->weights[j] + static_cast<uint64_t>(row[j]) * static_cast<uint32_t>(inputs);
  int32_t answer[kMaxWeightSets];
  mix<Sets>(x, s->selected, inputs, answer);
  const int32_t* const w = s->final_weights + bit_index * kMaxWeightSets;
  int32_t mixed = 0;
  for (int j = 0; j < Sets; ++j) {
    const int32_t y = s->y[j] = clamp_stretch(answer[j]);
    s->output_q16[j] = squash_q16(t, y);
    mixed += (y * (w[j] >> 12)) >> 4;  // |y| < 2^12, |w >> 12| <= 2^19
  }
  mixed = clamp_stretch(mixed >> 12);
  s->final_q16 = squash_q16(t, mixed);
  int32_t p = refine(rows[0], mixed, &s->apm_cell[0]);
  p = (p + refine(rows[1], mixed, &s->apm_cell[1]) + 1) >> 1;
  return static_cast<uint32_t>(p < 1 ? 1 : p > 65535 ? 65535 : p);
}

// Errors below 1/256 are not trained on: 0.01 % of the size for a tenth of the time on text, more on what repeats.
constexpr int32_t kTrainThreshold_q16 = 256;

template <int Sets>
inline void learn_bit(ContextMixState* __restrict s, int bit) {
  const ContextMixTables* const t = s->tables;
  const int32_t target_q16 = bit << 16;
  const int inputs = s->inputs;
  const int32_t final_err = target_q16 - s->final_q16;
  if (final_err > kTrainThreshold_q16 || final_err < -kTrainThreshold_q16) {
    int32_t err[kMaxWeightSets];
    for (int j = 0; j < Sets; ++j)
      err[j] = saturate_i16(((target_q16 - s->output_q16[j]) * s->learning_rate_q4) >> 4);
    train<Sets>(s->x, s->selected, inputs, err);
    int32_t* const w = s->final_weights + s->bit_index * kMaxWeightSets;
    for (int j = 0; j < Sets; ++j) w[j] = static_cast<int32_t>(static_cast<uint32_t>(w[j]) + static_cast<uint32_t>((s->y[j] * (final_err >> 3) + 8) >> 4));
  }
  const int32_t target_u16 = bit * 65535;
  for (int k = 0; k < 2; ++k) {
    uint16_t* const cell = s->apm_cell[k];
    *cell = static_cast<uint16_t>(*cell + ((target_u16 - *cell) >> 6));
  }

  // Every history's probability moves towards the bit by 1 / (count + 1.5): vectors for the arithmetic, then scattered.
  const int n = s->contexts;
  const VectorI32 target = broadcast_i32(target_u16), one = broadcast_i32(1);
  const VectorI32 limit = broadcast_i32(static_cast<int32_t>(s->state_limit)), count_bits = broadcast_i32(1023);
  for (int i = 0; i < n; i += static_cast<int>(kLanesI32)) {
    const VectorI32 value = load_i32(s->map_value + i);
    const VectorI32 gap = subtract_i32(target, shift_right_logical_i32<16>(value));
    const VectorI32 step = shift_right_i32<9>(multiply_i32(gap, load_i32(s->map_rate + i)));
    const VectorI32 more = and_i32(less_i32(and_i32(value, count_bits), limit), one);
    store_i32(s->map_value + i, add_i32(add_i32(value, shift_left_i32<10>(step)), more));
  }
  const uint32_t node = s->node;
  uint32_t* __restrict const map = s->map;
  const uint32_t* __restrict const map_index = s->map_index;
  const int32_t* __restrict const value = s->map_value;
  uint8_t* const* __restrict const slot = s->slot;
  const uint8_t* __restrict const next = t->next_state[bit];
#pragma GCC unroll 2
  for (int i = 0; i < n; ++i) {
    const uint32_t index = map_index[i];
    map[index] = static_cast<uint32_t>(value[i]);
    slot[i][node] = next[index & 255];
  }
  const uint32_t partial = s->partial;
  for (int order = 0; order < kDirectOrders; ++order) {
    uint16_t* const entry = s->direct[order] + 2 * static_cast<uint64_t>(s->direct_base[order] + partial);
    entry[0] = static_cast<uint16_t>(entry[0] + ((target_u16 - entry[0]) >> 4));
    entry[1] = static_cast<uint16_t>(entry[1] + ((target_u16 - entry[1]) >> 7));
  }
  if (s->match_entry != nullptr) update_map(t->reciprocal_q15, s->match_entry, target_u16, 1023);

  s->partial = partial * 2 + static_cast<uint32_t>(bit);
  s->node = node * 2 + static_cast<uint32_t>(bit);
  s->bit_index += 1;
}

uint32_t context_mix_predict(ContextMixState* s) {
  switch (s->sets) {
    case 1: return predict_bit<1>(s);
    case 2: return predict_bit<2>(s);
    case 3: return predict_bit<3>(s);
    default: return predict_bit<4>(s);
  }
}

void context_mix_update(ContextMixState* s, int bit) {
  switch (s->sets) {
    case 1: return learn_bit<1>(s, bit);
    case 2: return learn_bit<2>(s, bit);
    case 3: return learn_bit<3>(s, bit);
    default: return learn_bit<4>(s, bit);
  }
}

}  // namespace
}  // namespace fastnz::kernels
