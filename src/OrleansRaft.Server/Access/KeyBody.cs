using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Access;

/// <summary>A key that somebody wants.</summary>
/// <param name="Name">Whose or what for.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Tenants">The tenants that it is for; empty for all.</param>
/// <param name="Seconds">For how many seconds it is in force; null for ever.</param>
internal sealed record WantedKey(string Name, AccessRole Role, IReadOnlyList<string> Tenants, long? Seconds);

/// <summary>Reads bodies about keys.</summary>
internal static class KeyBody
{
    /// <summary>How many tenants a key may be for.</summary>
    public const int TenantsMax = 100;

    private const int NameLengthMax = 128;
    private const long SecondsMax = 100L * 366 * 24 * 3_600;

    private static readonly string[] Fields = ["name", "role", "tenants", "seconds"];
    private static readonly string[] SessionFields = ["key"];

    /// <summary>Reads the wish for a key.</summary>
    public static ValueTask<Checked<WantedKey>> ReadWantedAsync(HttpRequest request) => JsonBody.ReadAsync(request, Fields, Conclude);

    /// <summary>Reads a key that somebody signs in with.</summary>
    public static ValueTask<Checked<string>> ReadKeyAsync(HttpRequest request) => JsonBody.ReadAsync<string>(
        request,
        SessionFields,
        static body => body.Text("key") switch
        {
            { Problem: { } problem } => problem,
            { Value: { Length: > 0 and <= 4_096 } key } => key.Trim(),
            _ => KnownProblems.InvalidRequest("key", "The field \"key\" holds no key. Send an object such as {\"key\": \"oraft_...\"}."),
        });

    private static Checked<WantedKey> Conclude(JsonBody body)
    {
        var (name, word, tenants, seconds) =
            (body.Text("name"), body.Text("role"), body.List("tenants", TenantOf, "tenants' names"), body.Number("seconds"));
        if ((name.Problem ?? word.Problem ?? tenants.Problem ?? seconds.Problem) is { } problem)
        {
            return problem;
        }

        var role = Grants.RoleOf(word.Value ?? "");
        var named = tenants.Value ?? [];
        return !IsName(name.Value)
            ? KnownProblems.InvalidRequest(
                "name", $"The field \"name\" must say whose the key is or what for, in 1 to {NameLengthMax} printable characters.")
            : role == AccessRole.None
            ? KnownProblems.InvalidRequest(
                "role", $"The field \"role\" is {Shortened.Of(word.Value ?? "")}, but must be one of {string.Join(", ", Grants.RoleNames)}.")
            : named.Length > 0 && role > AccessRole.Writer
            ? KnownProblems.InvalidRequest(
                "tenants", $"The role {word.Value} is for the whole cluster. Leave \"tenants\" out, or choose reader or writer.")
            : named.Length > TenantsMax
            ? KnownProblems.InvalidRequest("tenants", $"The field \"tenants\" names {named.Length}; a key is for at most {TenantsMax}, or for all.")
            : seconds.Value is < 1 or > SecondsMax
            ? KnownProblems.InvalidRequest(
                "seconds", $"The field \"seconds\" is {seconds.Value}, but must be from 1 to {SecondsMax}; without it the key lasts.")
            : new WantedKey(name.Value!, role, [.. named.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], seconds.Value);
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= NameLengthMax } && !name.Any(char.IsControl) && name.Trim() == name;

    // As the applications' own rule is: whatever could stand in a path's segment.
    private static string? TenantOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 and <= NameLengthMax } tenant
        && tenant is not ("." or "..") && tenant.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')
            ? tenant
            : null;
}
