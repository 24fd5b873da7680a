/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types that are hard to write as C again: what `skep btf dump` must get right. Only their BTF is of interest. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define PACKED __attribute__((packed))
#define ALIGNED(n) __attribute__((aligned(n)))

struct empty {
};
struct only_gap {
	int : 32;
	long : 64;
};
struct flexible {
	u32 n;
	struct {
		u16 a;
		u8 b;
	} rows[];
};
struct zero_arrays {
	u64 head[0];
	u8 kind;
	u32 tail[0];
};

/* Packed as a whole, by an inner type, by a typedef that asks for less. */
struct packed {
	u8 a;
	u64 b;
	u16 c;
} PACKED;
struct packed_even {
	u32 a;
	u64 b;
} PACKED ALIGNED(4);
struct holds_packed {
	u8 a;
	struct packed inner;
	u32 b;
	struct packed_even even;
	u64 c;
};
typedef u64 loose_u64 ALIGNED(4);
struct loose {
	u32 a;
	loose_u64 b;
	u32 c;
};
struct packed_bits {
	u8 a : 3;
	u32 b : 30;
	u64 c : 60;
	u8 d;
	u16 e : 15;
	u16 f;
} PACKED;

/* Aligned more than by nature. */
struct lined {
	u8 a;
	u64 b ALIGNED(64);
	u8 c;
};
struct lined_chars {
	u8 a[3];
	u8 b ALIGNED(32);
} ALIGNED(64);
struct lined_ints {
	u32 a;
	u32 b ALIGNED(128);
	u32 c[3];
} ALIGNED(128);
struct small_gap {
	u16 a;
	u16 b ALIGNED(8);
	u8 c ALIGNED(4);
	u8 d;
};
struct holds_lined {
	u8 a;
	struct lined inner;
	u8 b;
	struct lined_chars chars[2];
	u8 c;
};
union wide_union {
	u32 a;
	u8 b[3];
} ALIGNED(64);
union packed_union {
	u32 a;
	u8 b[5];
} PACKED;
struct holds_unions {
	u8 a;
	union packed_union p;
	u16 b;
	union wide_union w;
	u8 c;
};

/* Bit-fields, named and not. */
struct bits {
	u32 a : 1;
	u32 : 2;
	u32 b : 5;
	u8 c;
	u32 d : 9;
	u32 : 0;
	u32 e : 32;
	u64 f : 33;
	u64 g : 31;
	int h : 7;
	_Bool i : 1;
	u8 j : 4;
	u8 k : 5;
	u16 l : 12;
	u64 : 40;
	u64 m : 20;
};
struct bits_then_long {
	u8 a : 1;
	u64 b : 1;
	long c;
	u16 d : 3;
};
struct bits_in_unions {
	union {
		u32 raw;
		struct {
			u32 low : 4;
			u32 : 20;
			u32 high : 8;
		};
	};
	u8 : 4;
	u8 x : 2;
};
struct wide_bits {
	u64 : 64;
	u64 : 64;
	u8 a : 1;
	u64 : 64;
	u32 b;
};

/* Numbers. */
struct numbers {
	__int128 a;
	unsigned __int128 b;
	float c;
	double d;
	_Bool e;
	char f;
	signed char g;
};
enum plain { PLAIN_A, PLAIN_B = 7, PLAIN_C = -1 };
enum big { BIG_A = 0xffffffffU };
enum huge { HUGE_A = 1ULL << 40, HUGE_B = ~0ULL };
enum lowest { LOWEST_A = -0x7fffffffffffffffLL - 1, LOWEST_B = 1 };
enum narrow { NARROW_A = 1, NARROW_B = 200 } PACKED;
enum middle { MIDDLE_A = 300 } PACKED;
struct enums {
	enum narrow n;
	enum middle m;
	enum plain p;
	enum huge h;
	enum lowest l;
	enum { INNER_A, INNER_B } inner;
	enum big b : 32;
	enum plain q : 32;
	enum { SMALL_A, SMALL_B, SMALL_C } small : 3;
};

/* Pointers, arrays and functions in each other. */
struct later;
union later_too;
typedef struct later later_t;
typedef int (*callback_t)(struct later *, const later_t *, ...);
typedef struct {
	int (*ops[4])(void *, int);
	int (*(*maker)(u8 n))(char);
	int (*grid)[3][5];
	int *(*pick)(int (*)(int), int[]);
	callback_t table[2][3];
} functions_t;
struct pointers {
	const char *const *const names[2];
	volatile u32 *volatile regs;
	const volatile void *both;
	const u16 fixed[2][2];
	void *restrict alone;
	struct pointers *self;
	union later_too *u;
	later_t *l;
	callback_t cb;
	functions_t f;
};
struct later {
	struct pointers *p;
	union later_too *u;
	struct {
		struct later *next;
		struct {
			u8 deep;
			u32 deeper[2];
		} in[2];
	} links;
};
union later_too {
	struct later by_value;
	u8 bytes[3];
};

/* Names that are elsewhere, too. */
typedef struct both {
	int tag_is_typedef;
} both;
struct other {
	struct both a;
	both *b;
	struct {
		int inside;
	} both;
};
struct own_names {
	int class;
	int new;
	int this;
	u32 u32;
};

struct all {
	struct empty empty;
	struct only_gap *only_gap;
	struct flexible *flexible;
	struct zero_arrays zero_arrays;
	struct holds_packed holds_packed;
	struct loose loose;
	struct packed_bits packed_bits;
	struct small_gap small_gap;
	struct lined_ints *lined_ints;
	struct holds_lined holds_lined;
	struct holds_unions holds_unions;
	struct bits bits;
	struct bits_then_long bits_then_long;
	struct bits_in_unions bits_in_unions;
	struct wide_bits wide_bits;
	struct numbers numbers;
	struct enums enums;
	struct pointers pointers;
	struct later later;
	union later_too later_too;
	struct other other;
	struct own_names own_names;
};
struct all all;
struct only_gap only_gap;
struct flexible flexible;
struct lined_ints lined_ints;
