# SPDX-License-Identifier: GPL-2.0-or-later
# What cases about the kernel's objects begin with: a folder for pins, $pins, and a cgroup, $cgroup, both their own and gone in the end.
name=skep-test-$$
pins=$(sed -n 's/^[^ ]* \([^ ]*\) bpf .*/\1/p' /proc/mounts | head -n 1)/$name
tree=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
cgroup=$tree/$name
mkdir "$pins" "$cgroup" || exit 99
trap 'rm -rf "$pins"; rmdir "$cgroup"' EXIT

# JSON as one line for each member that is no object, sorted: what one command tells is compared with what another does.
members() {
	tr -d '\n\t ' | sed 's/[][{}]/\n/g' | sed 's/,"/\n"/g' | grep '":.' | sort -u
}
# What the first file tells and the second does not: nothing.
missing() { # file, file
	members <"$1" >"$1.members"
	members <"$2" >"$2.members"
	test -s "$1.members" || echo "nothing to compare"
	comm -23 "$1.members" "$2.members" | sed 's/^/missing: /'
}
