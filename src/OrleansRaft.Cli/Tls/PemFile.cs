using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Tls;

/// <summary>A file in PEM, with where its name was said, for the sentences about it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Source">The option, variable or setting that names it.</param>
internal sealed record PemFile(string Path, string Source)
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <inheritdoc/>
    public override string ToString() => $"'{Path}' ({Source})";

    /// <summary>Everything in it.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public string ReadText()
    {
        try
        {
            return File.ReadAllText(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{Source} is '{Path}', which cannot be read: {failure.Message.TrimEnd('.')}.",
                $"Name a file with {Source} that this user can read.");
        }
    }

    /// <summary>Everything in it, where it holds a secret.</summary>
    /// <exception cref="CliException">It cannot be read, or others could read or change it.</exception>
    public string ReadSecret() => SecretFile.ReadText(Path, Source);

    /// <summary>The certificates in its text, in their order: at least one.</summary>
    /// <exception cref="CliException">It holds none, or one that is damaged.</exception>
    public X509Certificate2Collection ReadCertificates(string text)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(text);
        }
        catch (CryptographicException failure)
        {
            throw Damaged("a certificate", failure);
        }

        return found.Count > 0
            ? found
            : throw new CliException(
                ExitCode.Refused,
                $"{this} holds no certificate.",
                "It must be text in PEM, with a part that begins with -----BEGIN CERTIFICATE-----.");
    }

    /// <summary>A certificate together with the private key that is in this file's text.</summary>
    /// <exception cref="CliException">There is no key, it is encrypted or damaged, or it belongs to another certificate.</exception>
    public X509Certificate2 AddKey(X509Certificate2 certificate, PemFile home, string text)
    {
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CliException(
                ExitCode.Refused,
                $"the private key in {this} is encrypted.",
                "Take its passphrase away, for example by `openssl pkey -in FILE -out PLAIN`, and give the file mode 0600.");
        }

        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CliException(
                ExitCode.Refused,
                $"{this} holds no private key.",
                "It must be text in PEM, with a part such as -----BEGIN PRIVATE KEY-----.");
        }

        try
        {
            using var bound = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), text);

            // Windows serves TLS only with keys that were imported.
            return X509CertificateLoader.LoadPkcs12(bound.Export(X509ContentType.Pfx), null);
        }
        catch (ArgumentException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the private key in {this} does not belong to the certificate in {home}.",
                "Name the key that the certificate was made with.");
        }
        catch (CryptographicException failure)
        {
            throw Damaged("a private key", failure);
        }
    }

    /// <summary>Writes a file that must not be there yet.</summary>
    /// <param name="path">Where.</param>
    /// <param name="text">What.</param>
    /// <param name="isSecret">Whether nobody else may read it.</param>
    /// <param name="replaces">Whether one that is there is replaced.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static void Write(string path, string text, bool isSecret, bool replaces)
    {
        // Whoever reads it meanwhile finds the old file or the new one, and never a part.
        var whole = $"{path}.new";
        try
        {
            File.Delete(whole);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = isSecret ? OwnersOnly : OwnersOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            }

            using (var writer = new StreamWriter(whole, options))
            {
                writer.Write(text);
            }

            File.Move(whole, path, replaces);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Refused, $"'{path}' cannot be written: {failure.Message.TrimEnd('.')}.", "Name a folder that this user may write to.");
        }
    }

    private CliException Damaged(string what, CryptographicException failure) => new(
        ExitCode.Refused,
        $"{this} holds {what} that cannot be read: {failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
        "Write it anew, as text in PEM.");
}
