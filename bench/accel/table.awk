# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the table of bench/accel.sh from its rows and samples (row, variant, number, turn), for the terminal and (page) in
# Markdown.

function middle(v, n,    i, j, t) {
	for (i = 2; i <= n; i++) {
		t = v[i]
		for (j = i - 1; j >= 1 && v[j] > t; j--)
			v[j + 1] = v[j]
		v[j + 1] = t
	}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
function median(row, variant,    n, i, v) {
	for (i = 1; i <= turns; i++)
		if ((row, variant, i) in sample)
			v[++n] = sample[row, variant, i]
	return n ? middle(v, n) : ""
}
# How many times better skep is than another: in each turn, and the median of that.
function ratio(row, other, better,    n, i, v, a, b) {
	for (i = 1; i <= turns; i++) {
		if (!((row, "skep", i) in sample && (row, other, i) in sample))
			continue
		a = sample[row, "skep", i]
		b = sample[row, other, i]
		if (a > 0 && b > 0)
			v[++n] = better == "less" ? b / a : a / b
	}
	return n ? middle(v, n) : ""
}
function shown(value, digits) { return value == "" ? "-" : sprintf("%.*f", digits, value) }
function put(a, b, c, d, e, f, g, h, i) {
	printf "%-52s %10s %10s %10s %10s %8s %8s  %-24s %s\n", a, b, c, d, e, f, g, h, i
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", a, b, c, d, e, f, g, h, i >page
}
function line(row, what, unit, digits, better, bar,    part, n, i, ok, got) {
	what = what ", " unit
	if (row in lacking) {
		put(what, lacking[row], "", "", "", "", "", "", "")
		return
	}
	n = split(bar, part, " ")
	ok = n ? "ok" : "-"
	for (i = 1; i < n; i += 2) {
		got = ratio(row, part[i], better)
		if (got == "" || got < part[i + 1])
			ok = "NO"
	}
	missed += ok == "NO"
	gsub(/ unix/, ", unix", bar)
	gsub(/unix/, "AF_UNIX", bar)
	put(what, shown(median(row, "plain"), digits), shown(median(row, "naive"), digits), \
	    shown(median(row, "skep"), digits), shown(median(row, "unix"), digits), \
	    shown(ratio(row, "plain", better), 2), shown(ratio(row, "naive", better), 2), n ? bar : "-", ok)
}
FNR == NR { text[++rows] = $0; next }
$2 == "missing" { lacking[$1] = $3; next }
{
	sample[$1, $2, $4] = $3 + 0
	turns = $4 > turns ? $4 : turns
}
END {
	print title "\n"
	printf "%s\n\n", title >page
	put("what", "plain", "naive", "skep", "AF_UNIX", "to plain", "to naive", "bar", "ok")
	print "|---|---|---|---|---|---|---|---|---|" >page
	for (i = 1; i <= rows; i++) {
		split(text[i], f, "|")
		line(f[1], f[2], f[3], f[4], f[5], f[6])
	}
	if (missed)
		printf "\n%d bar%s missed\n", missed, missed == 1 ? "" : "s"
}
