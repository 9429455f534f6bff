# kith.1 from kith.1.in and the tables of the program.
#   cmake -DKITH=PROGRAM -DIN=kith.1.in -DOUT=kith.1 -P man.cmake
execute_process(COMMAND ${KITH} --home /nowhere help --man OUTPUT_VARIABLE tables RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "\"${KITH} help --man\": ${failed}")
endif()
file(READ ${IN} page)
string(REPLACE "@TABLES@\n" "${tables}" page "${page}")
file(WRITE ${OUT} "${page}")
