# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the table of bench/run.sh from its rows and samples, for the terminal and (page) in Markdown. Fails if
# skep misses a bar. other: what samples of the peer are called, if not bpftrace.

function median(row, tool,    key, n, i, j, v, t) {
	key = row SUBSEP tool
	n = count[key]
	if (!n)
		return ""
	for (i = 1; i <= n; i++)
		v[i] = sample[key, i]
	for (i = 2; i <= n; i++) {
		t = v[i]
		for (j = i - 1; j >= 1 && v[j] > t; j--)
			v[j + 1] = v[j]
		v[j + 1] = t
	}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

function shown(row, tool, value, digits, unit) {
	if (value == "")
		return "-"
	if ((row, tool) in note)
		return note[row, tool]
	return sprintf("%.*f", digits, value) (unit == "" ? "" : " " unit)
}

# How many times better; nothing where one has none.
function ratio(mine, theirs, better,    r) {
	if (mine == "" || theirs == "" || mine <= 0 || theirs <= 0)
		return "-"
	r = better == "less" ? theirs / mine : mine / theirs
	return sprintf(r < 10 ? "%.2f" : "%.0f", r)
}

function put(a, b, c, d, e, f) {
	printf "%-52s %14s %14s %7s %12s  %s\n", a, b, c, d, e, f
	printf "| %s | %s | %s | %s | %s | %s |\n", a, b, c, d, e, f >page
}

function line(row, what, unit, digits, better, bar,    mine, theirs, limit, ok, part) {
	mine = median(row, "skep")
	theirs = median(row, other)
	if (mine == "" && theirs == "")
		return
	split(bar, part, "*")
	limit = part[1]
	if (bar ~ /\*/ && theirs != "" && (limit == "" || theirs * part[2] > limit))
		limit = theirs * part[2]
	ok = "-"
	if (limit != "") {
		ok = mine != "" && (better == "less" ? mine <= limit : mine >= limit) ? "ok" : "NO"
		if (ok == "NO")
			missed++
		limit = (limit == part[1] ? limit : sprintf("%.*f", digits, limit)) (unit == "" ? "" : " " unit)
	}
	put(what, shown(row, "skep", mine, digits, unit), shown(row, other, theirs, digits, unit), \
	    ratio(mine, theirs, better), limit == "" ? "-" : limit, ok)
}

BEGIN {
	if (other == "")
		other = "bpftrace"
}

FNR == NR {
	text[++rows] = $0
	next
}
$2 ~ /=$/ {
	note[$1, substr($2, 1, length($2) - 1)] = $3
	next
}
{
	sample[$1, $2, ++count[$1, $2]] = $3
}

END {
	print title "\n"
	printf "%s\n\n", title >page
	put("what", "skep", peer, "ratio", "bar", "ok")
	print "|---|---|---|---|---|---|" >page
	for (i = 1; i <= rows; i++) {
		split(text[i], f, "|")
		line(f[1], f[2], f[3], f[4], f[5], f[6])
	}
	if (missed)
		printf "\n%d bar%s missed\n", missed, missed == 1 ? "" : "s"
	exit missed > 0
}
