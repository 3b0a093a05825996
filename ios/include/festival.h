// The chat app as its host sees it; what each does is said in ios/src/abi.rs, and a test compares the two.
//
// All of it is called on the main thread. Text is UTF-8 and ends with a zero byte.

#ifndef FESTIVAL_H
#define FESTIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FestivalSession FestivalSession;

// What the app asks of its host. All but `wake` are called on the main thread, from within festival_frame.
typedef struct FestivalHost {
    void *context;
    // Something is new: festival_frame is due. From any thread.
    void (*wake)(void *context);
    // Puts text on the clipboard.
    void (*copy)(void *context, const char *text);
    // The text on the clipboard, which free() is called for, or NULL.
    char *(*paste)(void *context);
    // Opens a page in the browser.
    void (*open)(void *context, const char *url);
    // Offers a link and a picture of its code to other apps.
    void (*share)(void *context, const char *title, const char *link, const char *png_path);
    // Offers a file to other apps, and to where files are kept.
    void (*keep)(void *context, const char *path);
    // Has the person choose a picture, for festival_picture.
    void (*pick_picture)(void *context);
    // Switches the camera on or off, for festival_luma.
    void (*camera)(void *context, bool is_on);
    // A short touch for the hand that holds the phone.
    void (*pulse)(void *context);
    // What the person said of a FestivalPermission, as a FestivalPermissionState.
    uint8_t (*permission)(void *context, uint8_t permission);
    // Asks the person for a FestivalPermission.
    void (*ask)(void *context, uint8_t permission);
    // Shows the page of the settings where the person can say otherwise.
    void (*open_settings)(void *context);
    // Says that something was written in a room, in place of what was said of it before.
    void (*notify)(void *context, const char *room, const char *title, const char *text);
    // Nothing is to be told of that room any more.
    void (*withdraw)(void *context, const char *room);
} FestivalHost;

typedef enum FestivalPermission {
    FestivalPermissionCamera = 0,
    FestivalPermissionNotifications = 1,
    FestivalPermissionNearby = 2,
} FestivalPermission;

typedef enum FestivalPermissionState {
    FestivalPermissionStateGranted = 0,
    FestivalPermissionStateNotAsked = 1,
    FestivalPermissionStateRefused = 2,
} FestivalPermissionState;

typedef enum FestivalPhase {
    FestivalPhaseStart = 0,
    FestivalPhaseMove = 1,
    FestivalPhaseEnd = 2,
    FestivalPhaseCancel = 3,
} FestivalPhase;

typedef enum FestivalKey {
    FestivalKeyEnter = 0,
    FestivalKeyBackspace = 1,
    FestivalKeyLeft = 2,
    FestivalKeyRight = 3,
    FestivalKeyUp = 4,
    FestivalKeyDown = 5,
    FestivalKeyTab = 6,
    FestivalKeyBack = 7,
} FestivalKey;

typedef struct FestivalFrame {
    // Seconds until the next frame is wanted if nothing happens before; below zero: never.
    double next_secs;
    // Whether a text is being written, and where.
    bool is_writing;
    float caret_x;
    float caret_y;
    float caret_width;
    float caret_height;
} FestivalFrame;

FestivalSession *festival_start(const char *folder, FestivalHost host, char **why);
void festival_free_text(char *text);
bool festival_attach(FestivalSession *session, void *metal_layer);
void festival_resize(FestivalSession *session, float width, float height, float scale);
void festival_set_insets(FestivalSession *session, float top, float left, float bottom, float right);
void festival_set_dark(FestivalSession *session, bool is_dark);
FestivalFrame festival_frame(FestivalSession *session);
void festival_think(FestivalSession *session);
void festival_touch(FestivalSession *session, uint64_t finger, uint8_t phase, float x, float y);
void festival_write(FestivalSession *session, size_t before, size_t after, const char *text);
void festival_compose(FestivalSession *session, const char *text);
void festival_press(FestivalSession *session, uint8_t key);
void festival_luma(FestivalSession *session, const uint8_t *luma, size_t width, size_t height, size_t stride);
void festival_picture(FestivalSession *session, const char *path);
void festival_link(FestivalSession *session, const char *link);
void festival_opened(FestivalSession *session, const char *room);
void festival_suspend(FestivalSession *session);
void festival_resume(FestivalSession *session);
void festival_free_memory(FestivalSession *session);

#endif
