// A Vulkan layer that lets a driver compile shaders for a GPU that is not there. Without hardware RADV crashes where
// commands are recorded for some generations, so nothing is recorded and nothing submitted: those calls end here and
// report success. All other calls, pipelines above all, go on to the driver.
//
// The few declarations of Vulkan's loader interface that this needs are written down here, as the loader's document
// LoaderLayerInterface.md fixes them, so that a C compiler is all that has to be installed.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*FindFunction)(void *object, const char *name);

enum { SUCCESS = 0, INITIALIZATION_FAILED = -3 };
enum { LOADER_INSTANCE_CREATE_INFO = 47, LOADER_DEVICE_CREATE_INFO = 48, LAYER_LINK_INFO = 0 };

// The next layer, or the driver. `find` finds functions of instances; `second` those of devices while a device is made.
typedef struct Link {
  struct Link *next;
  FindFunction find;
  FindFunction second;
} Link;

// A member of the chain that an application or the loader hangs on a structure.
typedef struct ChainMember {
  int32_t type;
  struct ChainMember *next;
  int32_t function;
  Link *link;
} ChainMember;

typedef struct Negotiation {
  int32_t type;
  void *next;
  uint32_t version;
  FindFunction findOfInstance;
  FindFunction findOfDevice;
  FindFunction findOfPhysicalDevice;
} Negotiation;

static FindFunction nextOfInstance;
static FindFunction nextOfDevice;
static void *instance;

// Calling conventions let a function ignore arguments, so that one of these stands for many. VkResult 0 is success.
static int32_t succeed(void) { return SUCCESS; }
static void ignore(void) {}

static Function endsHere(const char *name) {
  static const char *const succeeding[] = {
    "vkBeginCommandBuffer", "vkEndCommandBuffer", "vkQueueSubmit", "vkWaitForFences", "vkGetFenceStatus",
  };
  for (size_t i = 0; i < sizeof succeeding / sizeof *succeeding; i++) {
    if (strcmp(name, succeeding[i]) == 0) return (Function)succeed;
  }
  return strncmp(name, "vkCmd", 5) == 0 ? ignore : NULL;
}

static Function findOfDevice(void *device, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (Function)findOfDevice;
  Function theirs = nextOfDevice(device, name);
  Function ours = theirs ? endsHere(name) : NULL;
  return ours ? ours : theirs;
}

// Takes this layer's link from the chain of a structure, whose first two members are as a ChainMember's.
static Link *takeLink(const void *info, int32_t type) {
  ChainMember *member = ((const ChainMember *)info)->next;
  while (member && !(member->type == type && member->function == LAYER_LINK_INFO)) member = member->next;
  if (!member) return NULL;
  Link *own = member->link;
  member->link = own->next;
  return own;
}

typedef int32_t (*CreateInstance)(const void *info, const void *allocator, void **made);
typedef int32_t (*CreateDevice)(void *physical, const void *info, const void *allocator, void **made);

static int32_t createInstance(const void *info, const void *allocator, void **made) {
  Link *link = takeLink(info, LOADER_INSTANCE_CREATE_INFO);
  if (!link) return INITIALIZATION_FAILED;
  nextOfInstance = link->find;
  int32_t result = ((CreateInstance)nextOfInstance(NULL, "vkCreateInstance"))(info, allocator, made);
  if (result == SUCCESS) instance = *made;
  return result;
}

static int32_t createDevice(void *physical, const void *info, const void *allocator, void **made) {
  Link *link = takeLink(info, LOADER_DEVICE_CREATE_INFO);
  if (!link) return INITIALIZATION_FAILED;
  nextOfDevice = link->second;
  return ((CreateDevice)link->find(instance, "vkCreateDevice"))(physical, info, allocator, made);
}

static Function findOfInstance(void *of, const char *name) {
  if (strcmp(name, "vkGetInstanceProcAddr") == 0) return (Function)findOfInstance;
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (Function)findOfDevice;
  if (strcmp(name, "vkCreateInstance") == 0) return (Function)createInstance;
  if (strcmp(name, "vkCreateDevice") == 0) return (Function)createDevice;
  return nextOfInstance ? nextOfInstance(of, name) : NULL;
}

int32_t vkNegotiateLoaderLayerInterfaceVersion(Negotiation *negotiation) {
  if (negotiation->version > 2) negotiation->version = 2;
  negotiation->findOfInstance = findOfInstance;
  negotiation->findOfDevice = findOfDevice;
  negotiation->findOfPhysicalDevice = NULL;
  return SUCCESS;
}
