import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { notify } from "../shell/notices.ts";
import { Button } from "./Button.tsx";
import "./CameraButton.css";

/** A button that takes a picture by the camera. It is not there where the page has no camera to ask for. */
export function CameraButton({ onFile }: { readonly onFile: (file: File) => void }): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const stream = useRef<MediaStream | undefined>(undefined);
  if ((navigator as Partial<Navigator>).mediaDevices?.getUserMedia === undefined) return null;

  const start = async (): Promise<void> => {
    try {
      stream.current = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
    } catch (error) {
      return void notify({ kind: "warning", key: "camera", text: refusal(error as DOMException) });
    }
    video.current!.srcObject = stream.current;
    dialog.current!.showModal();
    await video.current!.play();
  };
  const stop = (): void => {
    for (const track of stream.current?.getTracks() ?? []) track.stop();
    video.current!.srcObject = null;
  };
  const take = async (): Promise<void> => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    dialog.current!.close();
    onFile(new File([await canvas.convertToBlob({ type: "image/png" })], "camera.png", { type: "image/png" }));
  };

  return (
    <>
      <Button look="quiet" icon="camera" label="Take a picture by the camera" onClick={() => void start()} />
      <dialog ref={dialog} class="camera" aria-label="Camera" onClose={stop}>
        <video ref={video} muted playsInline />
        <div class="camera-line">
          <Button onClick={() => dialog.current!.close()}>Cancel</Button>
          <Button look="primary" icon="camera" onClick={() => void take()}>
            Take the picture
          </Button>
        </div>
      </dialog>
    </>
  );
}

function refusal({ name, message }: DOMException): string {
  if (name === "NotAllowedError")
    return "The camera was not allowed; the browser's settings for this page can allow it.";
  return name === "NotFoundError" ? "There is no camera on this machine." : `The camera did not start: ${message}`;
}
