# SPDX-License-Identifier: Apache-2.0
# Fails unless every file that nt_gendefs writes is in ROOT with the same content.
# Variables: GENDEFS, DEFINITIONS, ROOT, and WORK, a folder this script may empty.
include(${CMAKE_CURRENT_LIST_DIR}/generate_defs.cmake)

nt_generate_defs(${WORK} files)
set(drifted "")
foreach(path IN LISTS files)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${WORK}/${path} ${ROOT}/${path}
                  RESULT_VARIABLE different OUTPUT_QUIET ERROR_QUIET)
  if(different)
    string(APPEND drifted " ${path}")
  endif()
endforeach()
if(drifted)
  message(FATAL_ERROR "differs from nt_definitions.def, run make defs:${drifted}")
endif()
list(LENGTH files count)
message(STATUS "${count} generated files agree with nt_definitions.def")
