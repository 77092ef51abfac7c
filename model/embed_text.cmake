# SPDX-License-Identifier: Apache-2.0
# cmake -DINPUT=file -DOUTPUT=file.c -P embed_text.cmake: the input as the array nt_calibration_text.
file(READ "${INPUT}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
file(WRITE "${OUTPUT}" "#include \"nt_calibration_text.h\"\n\nconst char nt_calibration_text[] = {\n${bytes}0};\nconst size_t nt_calibration_text_size = ${size};\n")
