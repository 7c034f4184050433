using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Backup;

/// <summary>Backups of the whole cluster, as streams.</summary>
internal sealed class BackupEndpoints(IRaftBackup backups)
{
    /// <summary>The parameter that says how fast it may be.</summary>
    public const string Rate = "megabytesPerSecond";

    private const int BufferBytes = 64 * 1024;

    public async Task CreateAsync(HttpContext context)
    {
        var rate = QueryParameters.Number(context.Request, Rate, 0, BackupPace.Max, BackupPace.ByDefault);
        if (rate.Problem is { } wrong)
        {
            wrong.Write(context.Response);
            return;
        }

        var read = OperatorRequest.Read(await backups.PrepareAsync(context.RequestAborted), "The backup");
        if (read.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        using var prepared = read.Value;
        using var held = HeldRequest.Begin(context);
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = string.Create(
            CultureInfo.InvariantCulture, $"attachment; filename=\"{prepared.Head.FileName}\"");

        try
        {
            // Each write to the body goes out by itself.
            await using var output = new BufferedStream(context.Response.Body, BufferBytes);
            await prepared.WriteAsync(output, rate.Value, context.RequestAborted);
        }
        catch (Exception failure) when (context.RequestAborted.IsCancellationRequested && failure is OperationCanceledException or IOException)
        {
            // Whoever wanted it has left.
            context.Abort();
        }
    }
}
