// All kernels compiled for one instruction set. The one symbol that this object exports is fill_scalar; its flags are in
// CMakeLists.txt, so nothing here may be inline code shared with another object.
#include "kernels/float_scalar.h"
#include "kernels/network_scalar.h"
#include "kernels/nibble_scalar.h"
#include "kernels/symbol_scalar.h"

#include "kernels/fill.inl"

namespace fastnz::kernels {

void fill_scalar(KernelTable* table) noexcept;
void fill_scalar(KernelTable* table) noexcept { fill(table); }

}  // namespace fastnz::kernels
