# SPDX-License-Identifier: Apache-2.0
# Change of perplexity against bits per kind of tensor. ARG1: data of accuracy_page plot, ARG2: picture.
data = ARG1
set terminal svg size 800,480 font "sans,13" background "white"
set output ARG2
set xlabel "bits"
set ylabel "change of perplexity against float, %"
set logscale y
set format y "%g"
set xtics 4,2,24
set xrange [3.5:24.5]
set grid ytics lc rgb "#dddddd"
set linetype 5 lc rgb "#c02020" # codes; the default is too pale
set key top right
# A change of less than a hundredth of a percent, or an improvement, is drawn at the lower edge.
set yrange [0.01:]
plot for [kind = 0:4] data index kind using 1:($2 > 0.01 ? $2 : 0.01) with linespoints pt 7 ps 0.6 lw 2 title columnheader(1)
