/** What of TensorFlow.js is used here: its core with gradients, and a backend. `@tensorflow/tfjs` has all of it in one import. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";

export * from "@tensorflow/tfjs-core";
