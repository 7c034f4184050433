namespace OrleansRaft.Testbed.Processes;

/// <summary>Files with secrets, which <c>oraft</c> takes only if nobody else may read them.</summary>
public static class SecretText
{
    /// <summary>Writes a file that only its owner may read.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellation = default)
    {
        await File.WriteAllTextAsync(path, text, cancellation);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
