using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Page;

/// <summary>Serves files out of an assembly: no files beside it, no other server, any working directory.</summary>
internal sealed class PageFiles
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    private readonly FrozenDictionary<string, PageFile> files;

    /// <summary>Reads the files.</summary>
    /// <param name="assembly">Holds them as resources.</param>
    /// <param name="prefix">Begins their resources' names, and is not part of theirs.</param>
    public PageFiles(Assembly assembly, string prefix) => files = assembly.GetManifestResourceNames()
        .Select(static resource => (Resource: resource, Path: resource.Replace('\\', '/')))
        .Where(found => found.Path.StartsWith(prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(
            found => found.Path[prefix.Length..],
            found => new PageFile(found.Path, Read(assembly, found.Resource)), StringComparer.Ordinal);

    /// <summary>Reads a resource.</summary>
    public static byte[] Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no resource {resource}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Maps a path of the page. It is open: it shows nothing before its visitor has shown a key.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, string pattern, RequestDelegate handler) =>
        RaftAccess.Open(endpoints.MapMethods(pattern, Methods, handler).ExcludeFromDescription());

    /// <summary>Answers with a file.</summary>
    public Task ServeAsync(HttpContext context, string name)
    {
        if (files.TryGetValue(name, out var file))
        {
            return file.ServeAsync(context);
        }

        KnownProblems.OfStatus(StatusCodes.Status404NotFound, context.Request).Write(context.Response);
        return Task.CompletedTask;
    }
}
