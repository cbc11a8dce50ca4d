"""Devices for `tf.distribute.MirroredStrategy`."""


def two_devices():
    """Two devices: GPUs where there are two, else the processor, divided in two.

    A divided processor computes no faster. It runs the very code that several GPUs
    run, which is what one wants to test before renting them. TensorFlow's remarks
    about this arrangement are switched off.

    Returns:
        List of two device names.

    Raises:
        RuntimeError: If TensorFlow has computed something already, so that the
            processor can no longer be divided.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if len(tf.config.list_physical_devices("GPU")) >= 2:
        return ["GPU:0", "GPU:1"]
    processor = tf.config.list_physical_devices("CPU")[0]
    halves = tf.config.get_logical_device_configuration(processor)
    if halves is None or len(halves) < 2:
        halves = [tf.config.LogicalDeviceConfiguration() for _half in range(2)]
        try:
            tf.config.set_logical_device_configuration(processor, halves)
        except RuntimeError as error:
            raise RuntimeError(
                "`two_devices()` must be called before TensorFlow computes anything. "
                "Restart the kernel and call it right after `helpers.setup`."
            ) from error
    return ["CPU:0", "CPU:1"]
