# SPDX-License-Identifier: Apache-2.0
# nt_generate_defs(FOLDER FILES): runs GENDEFS on DEFINITIONS into the emptied FOLDER; FILES
# receives the paths of what it wrote, relative to FOLDER.
function(nt_generate_defs folder files)
  file(REMOVE_RECURSE ${folder})
  file(MAKE_DIRECTORY ${folder}/rtl/include ${folder}/driver/include ${folder}/docs/spec
       ${folder}/waves/filters)
  execute_process(COMMAND ${GENDEFS} ${DEFINITIONS} ${folder} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "nt_gendefs failed: ${failed}")
  endif()
  file(GLOB_RECURSE written RELATIVE ${folder} ${folder}/*)
  list(LENGTH written count)
  if(count LESS 4)
    message(FATAL_ERROR "nt_gendefs wrote ${count} files, at least 4 are expected")
  endif()
  set(${files} ${written} PARENT_SCOPE)
endfunction()
