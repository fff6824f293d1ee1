import { RingtailError } from '@ringtail/base';

/** A directory on the path can be changed by a user who is not trusted, or is a link where links are not followed. */
export class DirectoryRefused extends RingtailError<'DIRECTORY_REFUSED'> {
  override readonly name = 'DirectoryRefused';
}
