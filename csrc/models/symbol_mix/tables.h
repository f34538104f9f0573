// The constant tables of symbol_mix (docs/symbol_mix.md). Integers only.
#pragma once

#include "kernels/symbol_mix.h"

namespace fastnz::models {

const kernels::SymbolMixTables& symbol_mix_tables();

}  // namespace fastnz::models
