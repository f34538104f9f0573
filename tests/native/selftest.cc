// Native self-test: checks that need no Python, so that the same program runs under an emulator.
#include <stdio.h>

#include "kernels/dispatch.h"

int main() {
  printf("isa %s\n", fastnz::kernels::isa_name(fastnz::kernels::dispatch().isa));
  return 0;
}
