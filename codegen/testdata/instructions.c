/* A plugin of QEMU that prints how many instructions the first thread of a program took. QEMU's header is declared here as
 * far as it is used, since Debian does not ship it: docs/devel/tcg-plugins.rst, version 1. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct block;
extern size_t qemu_plugin_tb_n_insns(const struct block *);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct block *, void (*)(unsigned, void *), int, void *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t, void (*)(uint64_t, struct block *));
extern void qemu_plugin_register_atexit_cb(uint64_t, void (*)(uint64_t, void *), void *);

int qemu_plugin_version = 1;

static uint64_t count;

static void executed(unsigned thread, void *instructions) {
	if (thread == 0) {
		count += (uintptr_t)instructions;
	}
}

static void translated(uint64_t id, struct block *b) {
	(void)id;
	enum { no_registers = 0 };
	qemu_plugin_register_vcpu_tb_exec_cb(b, executed, no_registers, (void *)(uintptr_t)qemu_plugin_tb_n_insns(b));
}

static void ended(uint64_t id, void *data) {
	(void)id, (void)data;
	fprintf(stderr, "%llu\n", (unsigned long long)count);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv) {
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
