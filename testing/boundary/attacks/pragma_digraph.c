#include "kernel/frame/frame.h"
%:pragma once  // expect: pragmas are not for services
