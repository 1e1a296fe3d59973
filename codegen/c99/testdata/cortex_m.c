/* The start of a program on the boards MPS2 with a Cortex-M, as QEMU has them; input and output by semihosting. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;
extern void initialise_monitor_handles(void);
extern int main(void);

void reset(void) {
	uint32_t *from = &data_load;
	*(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* the floating-point unit, if there is one */
	__asm__ volatile("dsb\n\tisb");
	for (uint32_t *p = &data_start; p < &data_end; p++) {
		*p = *from++;
	}
	for (uint32_t *p = &bss_start; p < &bss_end; p++) {
		*p = 0;
	}
	initialise_monitor_handles();
	exit(main());
}

void fault(void) {
	abort();
}

void _init(void) {
}

void _fini(void) {
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
	(uintptr_t)&stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
	(uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};
