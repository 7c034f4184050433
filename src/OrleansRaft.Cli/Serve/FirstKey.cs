using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Gives a cluster that asks for keys the first one, of an admin: the one in a file, which is added whenever a silo starts and finds it missing; or,
/// where no file is named and no key was ever made, a new one.
/// </summary>
internal sealed class FirstKey : BackgroundService
{
    private const string FileName = "admin-key";
    private const string KeyName = "first admin";

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly IRaftAccess catalogue;
    private readonly ServeSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger<FirstKey> logger;
    private readonly string? given;

    /// <summary>Makes one.</summary>
    public FirstKey(IRaftAccess catalogue, ServeSettings settings, TimeProvider time, ILogger<FirstKey> logger)
    {
        this.catalogue = catalogue;
        this.settings = settings;
        this.time = time;
        this.logger = logger;
        given = settings.AdminKeyFile is { } file ? ReadKey(file) : null;
    }

    /// <summary>Reads a file that holds a key.</summary>
    /// <exception cref="CliException">It cannot be read, or holds none.</exception>
    public static string ReadKey(PemFile file)
    {
        var text = file.ReadSecret().Trim();
        return ApiKeyText.TryParse(text, out _)
            ? text
            : throw new CliException(
                ExitCode.Refused,
                $"the file {file} holds no API key.",
                "Write one into it: `oraft key generate > FILE`, with mode 0600.");
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await (given is null ? MakeAsync(stoppingToken) : AddAsync(given, onlyFirst: false, stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start does it.
        }
    }

    /// <summary>
    /// Makes a key where there never was one. Its file is written first: a key that is in force and that nobody knows would help nobody.
    /// </summary>
    private async Task MakeAsync(CancellationToken stopping)
    {
        if (await HasKeysAsync(stopping))
        {
            return;
        }

        var key = ApiKeyText.New();
        var path = Path.Combine(settings.Data, FileName);
        try
        {
            Directory.CreateDirectory(settings.Data);
            PemFile.Write(path, key + "\n", isSecret: true, replaces: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CliException)
        {
            Log.FirstKeyNotWritten(logger, path, failure.Message.TrimEnd('.'));
            return;
        }

        if (await AddAsync(key, onlyFirst: true, stopping))
        {
            Log.FirstKeyMade(logger, path);
        }
        else
        {
            File.Delete(path);
        }
    }

    private async Task<bool> HasKeysAsync(CancellationToken stopping)
    {
        while (true)
        {
            if (await TryAsync(() => catalogue.ReadAsync(revision: -1, stopping), stopping) is { Keys: var keys })
            {
                return keys is { Count: > 0 };
            }

            await Task.Delay(RetryPause, time, stopping);
        }
    }

    /// <returns>Whether the key is in force.</returns>
    private async Task<bool> AddAsync(string text, bool onlyFirst, CancellationToken stopping)
    {
        var parsed = ApiKeyText.Parse(text);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var key = new AccessKey(parsed.Id, KeyName, parsed.Hash, AccessRole.Admin, [], now, settings.SiloName, ExpiresAt: null);
        while (true)
        {
            switch (await TryAsync(() => catalogue.AddKeyAsync(key, onlyFirst, stopping), stopping))
            {
                case { Refusal: AccessRefusal.None }:
                    return true;
                case { Refusal: var refusal }:
                    if (!onlyFirst)
                    {
                        Log.AdminKeyRefused(logger, settings.AdminKeyFile!.Path, parsed.Id, refusal);
                    }

                    return false;
            }

            await Task.Delay(RetryPause, time, stopping);
        }
    }

    /// <returns>What the catalogue answered; null when it could not.</returns>
    private static async Task<AccessContents?> TryAsync(Func<Task<Outcome<AccessContents>>> ask, CancellationToken stopping)
    {
        try
        {
            return await ask() is Committed<AccessContents> committed ? committed.Value : null;
        }
        catch (Exception) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }
}
