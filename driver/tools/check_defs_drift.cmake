# SPDX-License-Identifier: Apache-2.0
# Proves that check_defs.cmake passes on fresh files and names each file that was changed or
# removed.
# Variables: GENDEFS, DEFINITIONS, CHECK (the script), and WORK, a folder this script may empty.
include(${CMAKE_CURRENT_LIST_DIR}/generate_defs.cmake)

set(root ${WORK}/root)

# check(EXPECTED): EXPECTED is the path that must be named, or empty when the check must pass.
function(check expected)
  execute_process(COMMAND ${CMAKE_COMMAND} -DGENDEFS=${GENDEFS} -DDEFINITIONS=${DEFINITIONS}
                          -DROOT=${root} -DWORK=${WORK}/check -P ${CHECK}
                  RESULT_VARIABLE failed ERROR_VARIABLE text OUTPUT_QUIET)
  if(NOT expected AND failed)
    message(FATAL_ERROR "fresh files are reported: ${text}")
  endif()
  if(expected AND NOT failed)
    message(FATAL_ERROR "drift in ${expected} is not found")
  endif()
  string(FIND "${text}" "${expected}" at)
  if(expected AND at EQUAL -1)
    message(FATAL_ERROR "drift in ${expected} is not named: ${text}")
  endif()
endfunction()

nt_generate_defs(${root} files)
check("")
foreach(path IN LISTS files)
  file(READ ${root}/${path} content)
  file(APPEND ${root}/${path} "\n")
  check(${path})
  file(REMOVE ${root}/${path})
  check(${path})
  file(WRITE ${root}/${path} "${content}")
endforeach()
