#import "festival.h"
