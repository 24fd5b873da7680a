#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compares what skep and bpftool tell in JSON of maps, field by field: map_compare.sh SKEP PIN...
# All that bpftool has skep has to have, and alike; what skep has beside it is listed.
skep=$1
shift
n=0 more=
for pin; do
	theirs=$(bpftool -j map show pinned "$pin") || continue
	ours=$("$skep" map show -j pinned "$pin") || exit 1
	jq -en --argjson a "$theirs" --argjson b "$ours" '$a | to_entries | map(select($b[.key] != .value)) |
		if . == [] then true else ("\(.) are other than in \($b)" | halt_error) end' >/dev/null || exit 1
	more="$more $(jq -rn --argjson a "$theirs" --argjson b "$ours" '($b | keys) - ($a | keys) | join(" ")')"
	# What cannot be gone through bpftool shows as empty.
	theirs=$(bpftool -j map dump pinned "$pin" | jq -cS .)
	ours=$("$skep" map dump -j pinned "$pin" 2>/dev/null | jq -cS 'map(del(.map_id, .prog_id, .formatted.total))')
	if [ "$theirs" != "${ours:-[]}" ]; then
		echo "$pin: entries are not alike"
		echo "$theirs"
		echo "$ours"
		exit 1
	fi
	n=$((n + 1))
done
echo "beside bpftool's fields:" $(echo "$more" | tr ' ' '\n' | sort -u)
echo "$n maps are alike"
